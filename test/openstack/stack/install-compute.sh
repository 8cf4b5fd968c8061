# Group compute: Placement, Glance, Neutron and Nova (on a fake hypervisor). Sourced by install.sh; needs the group core.
apt_need python3-nova python3-glance python3-placement python3-neutron
deb_extract nova-common glance-common glance-api neutron-common neutron-server
mkdir -p "$ETC"/{nova,placement,glance,neutron} "$VAR"/{nova/instances,nova/lock,placement,glance/images,glance/staging,glance/tasks,glance/work,neutron/lock}
wal() { sqlite3 "$1" 'PRAGMA journal_mode=WAL' >/dev/null; }
authtoken() { cat <<X
[keystone_authtoken]
www_authenticate_uri = $AUTH_URL
auth_url = $AUTH_URL
auth_type = password
username = $1
password = $SERVICE_PASS
user_domain_id = default
project_name = service
project_domain_id = default
region_name = RegionOne
# validate each token at Keystone every time, so that a revoked or expired one is rejected immediately
token_cache_time = ${TOKEN_CACHE_TIME:--1}
service_token_roles_required = true
service_token_roles = service
X
}
client() { cat <<X
auth_url = $AUTH_URL
auth_type = password
username = $1
password = $SERVICE_PASS
user_domain_id = default
project_name = service
project_domain_id = default
region_name = RegionOne
X
}
### Placement
cat > "$ETC/placement/placement.conf" <<X
[DEFAULT]
use_stderr = true
[api]
auth_strategy = keystone
[placement_database]
connection = sqlite:///$VAR/placement/placement.db
$(authtoken placement)
X
[ -e "$VAR/placement/.synced" ] || { placement-manage --config-file "$ETC/placement/placement.conf" db sync >>"$LOG/placement-manage.out" 2>&1
  wal "$VAR/placement/placement.db"; touch "$VAR/placement/.synced"; }

### Glance
cp "$PFX/usr/share/glance-common/glance-api-paste.ini" "$ETC/glance/"
cp "$PFX/usr/share/glance-common/schema-image.json" "$ETC/glance/"
cat > "$ETC/glance/glance-api.conf" <<X
[DEFAULT]
bind_host = $HOST
bind_port = $GLANCE_PORT
workers = 0
use_stderr = true
enabled_backends = file:file
enabled_import_methods = [glance-direct,web-download,copy-image]
node_staging_uri = file://$VAR/glance/staging
work_dir = $VAR/glance/work
transport_url = fake://
[database]
connection = sqlite:///$VAR/glance/glance.db
[glance_store]
default_backend = file
[file]
filesystem_store_datadir = $VAR/glance/images
[os_glance_staging_store]
filesystem_store_datadir = $VAR/glance/staging
[os_glance_tasks_store]
filesystem_store_datadir = $VAR/glance/tasks
[paste_deploy]
flavor = keystone
config_file = $ETC/glance/glance-api-paste.ini
[oslo_concurrency]
lock_path = $VAR/glance
$(authtoken glance)
X
[ -e "$VAR/glance/.synced" ] || { $PY "$PFX/usr/bin/glance-manage" --config-file "$ETC/glance/glance-api.conf" db_sync >>"$LOG/glance-manage.out" 2>&1
  wal "$VAR/glance/glance.db"; touch "$VAR/glance/.synced"; }

### Neutron
cp "$PFX/usr/share/neutron-common/api-paste.ini" "$ETC/neutron/"
cat > "$ETC/neutron/neutron.conf" <<X
[DEFAULT]
bind_host = $HOST
bind_port = $NEUTRON_PORT
use_stderr = true
state_path = $VAR/neutron
api_paste_config = $ETC/neutron/api-paste.ini
auth_strategy = keystone
core_plugin = ml2
service_plugins = router
transport_url = fake://
api_workers = 0
rpc_workers = 0
rpc_state_report_workers = 0
notify_nova_on_port_status_changes = false
notify_nova_on_port_data_changes = false
dhcp_agent_notification = false
[database]
connection = sqlite:///$VAR/neutron/neutron.db
[ml2]
type_drivers = flat,vlan,vxlan,local
tenant_network_types = vxlan
mechanism_drivers = peer
extension_drivers = port_security
[ml2_type_vxlan]
vni_ranges = 1:1000
[ml2_type_flat]
flat_networks = public
[oslo_concurrency]
lock_path = $VAR/neutron/lock
$(authtoken neutron)
X
[ -e "$VAR/neutron/.synced" ] || { $PY "$HERE/src/neutron_init.py" "$VAR/neutron/neutron.db" >>"$LOG/neutron-init.out" 2>&1; touch "$VAR/neutron/.synced"; }

### Nova
cp "$PFX/usr/share/nova-common/api-paste.ini" "$ETC/nova/"
N=$VAR/nova
cat > "$ETC/nova/nova.conf" <<X
[DEFAULT]
host = peer
my_ip = 127.0.0.1
use_stderr = true
state_path = $N
instances_path = $N/instances
enabled_apis = osapi_compute
osapi_compute_listen = $HOST
osapi_compute_listen_port = $NOVA_PORT
transport_url = fake://
compute_driver = fake.SameHostColdMigrateDriver
allow_resize_to_same_host = true
resize_confirm_window = 0
cpu_allocation_ratio = 100
ram_allocation_ratio = 100
disk_allocation_ratio = 100
reserved_host_memory_mb = 0
sync_power_state_interval = -1
heal_instance_info_cache_interval = -1
instance_usage_audit = false
[api]
auth_strategy = keystone
[wsgi]
api_paste_config = $ETC/nova/api-paste.ini
[api_database]
connection = sqlite:///$N/nova_api.db
[database]
connection = sqlite:///$N/nova_cell1.db
[cinder]
catalog_info = volumev3::publicURL
$(client nova)
[glance]
endpoint_override = http://$HOST:$GLANCE_PORT
[neutron]
endpoint_override = http://$HOST:$NEUTRON_PORT
$(client nova)
[placement]
$(client nova)
[service_user]
send_service_user_token = false
[scheduler]
discover_hosts_in_cells_interval = 300
[quota]
instances = 100
cores = 1000
ram = 1000000
[vnc]
enabled = false
[workarounds]
disable_fallback_pcpu_query = true
[oslo_concurrency]
lock_path = $N/lock
$(authtoken nova)
X
NM="$PY $PFX/usr/bin/nova-manage --config-file $ETC/nova/nova.conf"
[ -e "$N/.synced" ] || { (
  $NM api_db sync
  $NM cell_v2 map_cell0 --database_connection "sqlite:///$N/nova_cell0.db"
  $NM db sync
  $NM cell_v2 create_cell --name cell1 --transport-url fake:// --database_connection "sqlite:///$N/nova_cell1.db"
  for d in api cell0 cell1; do wal "$N/nova_$d.db"; done
  ) >>"$LOG/nova-manage.out" 2>&1 || { tail -20 "$LOG/nova-manage.out"; exit 1; }; touch "$N/.synced"; }
