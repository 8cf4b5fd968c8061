"""Creates flavors, an image and networks. Idempotent. usage: seed_compute.py ROOT NOVA GLANCE NEUTRON"""
import json
import sys
import requests
ROOT, NOVA, GLANCE, NEUTRON = sys.argv[1:]
c = json.load(open(ROOT + '/creds.json'))
s = requests.Session()
s.trust_env = False


def die(r):
    if r.status_code >= 300:
        sys.exit('%s %s -> %s %s' % (r.request.method, r.url, r.status_code, r.text))
    return r


def token(w):
    return die(s.post(c['auth_url'] + '/auth/tokens', json={'auth': {
        'identity': {'methods': ['password'], 'password': {'user': {'name': w['username'], 'domain': {'id': 'default'}, 'password': w['password']}}},
        'scope': {'project': {'name': w['project'], 'domain': {'id': 'default'}}}}})).headers['X-Subject-Token']


A = {'X-Auth-Token': token(c['admin'])}
D = {'X-Auth-Token': token(c['demo'])}
have = [f['id'] for f in die(s.get(NOVA + '/flavors', headers=A)).json()['flavors']]
for id_, name, ram, vcpus, disk in (('1', 'm1.tiny', 64, 1, 1), ('2', 'm1.small', 128, 1, 1), ('3', 'm1.medium', 256, 2, 1),
                              # more memory than any host has, and more than the quota
                              ('9', 'm1.vast', 900000, 1, 1), ('10', 'm1.beyond', 16777216, 1, 1)):
    if id_ not in have:
        die(s.post(NOVA + '/flavors', headers=A, json={'flavor': {'id': id_, 'name': name, 'ram': ram, 'vcpus': vcpus, 'disk': disk}}))
imgs = die(s.get(GLANCE + '/v2/images', headers=A, params={'name': 'cirros'})).json()['images']
img = imgs[0] if imgs else die(s.post(GLANCE + '/v2/images', headers=A, json={
    'name': 'cirros', 'disk_format': 'raw', 'container_format': 'bare', 'visibility': 'public', 'min_disk': 0, 'min_ram': 0})).json()
if img['status'] == 'queued':
    die(s.put(GLANCE + '/v2/images/%s/file' % img['id'], headers=dict(A, **{'Content-Type': 'application/octet-stream'}), data=b'\0' * 65536))
img = img['id']


def net(name, h, body):
    got = die(s.get(NEUTRON + '/v2.0/networks', headers=h, params={'name': name})).json()['networks']
    return got[0]['id'] if got else die(s.post(NEUTRON + '/v2.0/networks', headers=h, json={'network': dict(body, name=name)})).json()['network']['id']


def subnet(name, h, body):
    got = die(s.get(NEUTRON + '/v2.0/subnets', headers=h, params={'name': name})).json()['subnets']
    return got[0]['id'] if got else die(s.post(NEUTRON + '/v2.0/subnets', headers=h, json={'subnet': dict(body, name=name)})).json()['subnet']['id']


n = net('demo-net', D, {})
sn = subnet('demo-subnet', D, {'network_id': n, 'ip_version': 4, 'cidr': '10.10.0.0/24'})
p = net('public', A, {'router:external': True, 'provider:network_type': 'flat', 'provider:physical_network': 'public'})
ps = subnet('public-subnet', A, {'network_id': p, 'ip_version': 4, 'cidr': '172.24.4.0/24', 'enable_dhcp': False})
c.update({'image_id': img, 'network_id': n, 'subnet_id': sn, 'public_network_id': p, 'flavor_id': '1',
          'nova': NOVA, 'glance': GLANCE, 'neutron': NEUTRON})
json.dump(c, open(ROOT + '/creds.json', 'w'), indent=1, sort_keys=True)
