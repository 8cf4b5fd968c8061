"""Creates missing users, projects, services and endpoints in Keystone. Idempotent. usage: seed.py ROOT [core|compute]..."""
import json
import os
import sys
import requests

E = os.environ
ROOT = sys.argv[1]
groups = sys.argv[2:] or ['core']
U = E['AUTH_URL']
H = E['HOST']
s = requests.Session()
s.trust_env = False


def die(r):
    if r.status_code >= 300:
        sys.exit('%s %s -> %s %s' % (r.request.method, r.url, r.status_code, r.text))
    return r


def token(user, password, project):
    return die(s.post(U + '/auth/tokens', json={'auth': {
        'identity': {'methods': ['password'], 'password': {'user': {
            'name': user, 'domain': {'id': 'default'}, 'password': password}}},
        'scope': {'project': {'name': project, 'domain': {'id': 'default'}}}}}))


t = token('admin', E['ADMIN_PASS'], 'admin')
s.headers['X-Auth-Token'] = t.headers['X-Subject-Token']


def ensure(kind, one, match, body):
    for o in die(s.get('%s/%s' % (U, kind), params=match)).json()[kind]:
        if all(o.get(k) == v for k, v in match.items()):
            return o['id']
    return die(s.post('%s/%s' % (U, kind), json={one: dict(match, **body)})).json()[one]['id']


roles = {n: ensure('roles', 'role', {'name': n}, {}) for n in
         ('admin', 'member', 'reader', 'service', 'ResellerAdmin', 'swiftoperator')}


def project(name):
    return ensure('projects', 'project', {'name': name, 'domain_id': 'default'}, {})


def user(name, password):
    return ensure('users', 'user', {'name': name, 'domain_id': 'default'}, {'password': password})


def grant(proj, usr, *names):
    for n in names:
        die(s.put('%s/projects/%s/users/%s/roles/%s' % (U, proj, usr, roles[n])))


def endpoint(type_, name, url, region='RegionOne'):
    sid = ensure('services', 'service', {'type': type_, 'name': name}, {})
    for iface in ('public', 'internal', 'admin'):
        ensure('endpoints', 'endpoint', {'service_id': sid, 'interface': iface, 'region_id': region}, {'url': url})


demo_p, admin_p, service_p, alt_p = project('demo'), project('admin'), project('service'), project('alt')
demo_u, alt_u = user('demo', E['DEMO_PASS']), user('alt', E['DEMO_PASS'])
admin_u = ensure('users', 'user', {'name': 'admin', 'domain_id': 'default'}, {})
grant(demo_p, demo_u, 'member')
grant(alt_p, alt_u, 'member')
grant(admin_p, admin_u, 'ResellerAdmin')
die(s.put('%s/domains/default/users/%s/roles/%s' % (U, admin_u, roles['admin'])))

SERVICES = {
    'core': {'swift': [('object-store', 'swift', 'http://%s:%s/v1/AUTH_$(project_id)s' % (H, E['SWIFT_KEYSTONE_PORT']))]},
    'compute': {
        'nova': [('compute', 'nova', 'http://%s:%s/v2.1' % (H, E['NOVA_PORT']))],
        'placement': [('placement', 'placement', 'http://%s:%s' % (H, E['PLACEMENT_PORT']))],
        'glance': [('image', 'glance', 'http://%s:%s' % (H, E['GLANCE_PORT']))],
        'neutron': [('network', 'neutron', 'http://%s:%s' % (H, E['NEUTRON_PORT']))],
    },
}
for g in groups:
    for usr, endpoints in SERVICES[g].items():
        u = user(usr, E['SERVICE_PASS'])
        grant(service_p, u, 'admin', 'service')
        for e in endpoints:
            endpoint(*e)

path = os.path.join(ROOT, 'creds.json')
creds = {}
if os.path.exists(path):
    creds = json.load(open(path))
d = token('demo', E['DEMO_PASS'], 'demo')
dh = {'X-Auth-Token': d.headers['X-Subject-Token']}
acs = die(s.get('%s/users/%s/application_credentials' % (U, demo_u), headers=dh)).json()['application_credentials']
ac = [a for a in acs if a['name'] == 'demo-app']
ac = ac[0] if ac else die(s.post('%s/users/%s/application_credentials' % (U, demo_u), headers=dh, json={
    'application_credential': {'name': 'demo-app', 'secret': E['APPCRED_SECRET'], 'unrestricted': False}})).json()['application_credential']
creds.update({
    'auth_url': U, 'region': 'RegionOne', 'domain_id': 'default', 'domain_name': 'Default',
    'admin': {'username': 'admin', 'password': E['ADMIN_PASS'], 'project': 'admin', 'project_id': admin_p, 'user_id': admin_u},
    'demo': {'username': 'demo', 'password': E['DEMO_PASS'], 'project': 'demo', 'project_id': demo_p, 'user_id': demo_u},
    'alt': {'username': 'alt', 'password': E['DEMO_PASS'], 'project': 'alt', 'project_id': alt_p, 'user_id': alt_u},
    'application_credential': {'id': ac['id'], 'name': 'demo-app', 'secret': E['APPCRED_SECRET'], 'user_id': demo_u, 'project_id': demo_p},
    'swift': 'http://%s:%s/v1/AUTH_%s' % (H, E['SWIFT_KEYSTONE_PORT'], demo_p),
    'keystone_short': 'http://%s:%s/v3' % (H, E['KEYSTONE_SHORT_PORT']),
    'tempauth_short': {'auth_url': 'http://%s:%s/auth/v1.0' % (H, E['SWIFT_SHORT_PORT']), 'user': 'test:short', 'key': 'short',
                       'storage_url': 'http://%s:%s/v1/AUTH_test' % (H, E['SWIFT_SHORT_PORT'])},
    'tempauth': {'auth_url': 'http://%s:%s/auth/v1.0' % (H, E['SWIFT_TEMPAUTH_PORT']), 'user': 'test:tester', 'key': 'testing'},
    'tempauth_other': {'auth_url': 'http://%s:%s/auth/v1.0' % (H, E['SWIFT_TEMPAUTH_PORT']), 'user': 'test:tester3', 'key': 'testing3'},
    'tempauth_admin': {'auth_url': 'http://%s:%s/auth/v1.0' % (H, E['SWIFT_TEMPAUTH_PORT']), 'user': 'admin:admin', 'key': 'admin'},
})
json.dump(creds, open(path, 'w'), indent=1, sort_keys=True)
