# Group core: Keystone and Swift. Sourced by install.sh.
apt_need curl python3-keystone python3-keystonemiddleware python3-swift python3-requests \
  python3-memcache memcached uwsgi-core uwsgi-plugin-python3 sqlite3
deb_extract swift swift-proxy swift-account swift-container swift-object swift-object-expirer

### Keystone
K=$VAR/keystone; mkdir -p "$K/fernet" "$K/credential" "$ETC/keystone" "$ETC/swift"
chmod 700 "$K/fernet" "$K/credential"
cat > "$ETC/keystone/keystone.conf" <<X
[DEFAULT]
use_stderr = true
public_endpoint = http://$HOST:$KEYSTONE_PORT/
[database]
connection = sqlite:///$K/keystone.db
sqlite_synchronous = false
[token]
provider = fernet
expiration = 3600
allow_expired_window = 172800
[fernet_tokens]
key_repository = $K/fernet
[fernet_receipts]
key_repository = $K/fernet
[credential]
key_repository = $K/credential
[cache]
# Keystone is one process, so a cache in memory is coherent (without it a request takes 80 SQLite connections: 0.2 s)
enabled = true
backend = dogpile.cache.memory
[identity]
password_hash_rounds = 4
X
export OS_KEYSTONE_CONFIG_FILES=$ETC/keystone/keystone.conf
KM="keystone-manage --config-file $ETC/keystone/keystone.conf"
if [ ! -e "$K/.synced" ]; then
  $KM db_sync >>"$LOG/keystone-manage.out" 2>&1
  $KM fernet_setup --keystone-user "$ME" --keystone-group "$(id -gn)" >>"$LOG/keystone-manage.out" 2>&1
  $KM credential_setup --keystone-user "$ME" --keystone-group "$(id -gn)" >>"$LOG/keystone-manage.out" 2>&1
  sqlite3 "$K/keystone.db" "PRAGMA journal_mode=WAL" >/dev/null   # else a commit meets a reader: "database is locked"
  touch "$K/.synced"
fi
$KM bootstrap --bootstrap-password "$ADMIN_PASS" --bootstrap-region-id RegionOne \
  --bootstrap-admin-url "$AUTH_URL" --bootstrap-internal-url "$AUTH_URL" --bootstrap-public-url "$AUTH_URL" \
  >>"$LOG/keystone-manage.out" 2>&1 || { tail -20 "$LOG/keystone-manage.out"; exit 1; }

### Swift: one device, one replica, 2^4 partitions
S=$ETC/swift
cat > "$S/swift.conf" <<X
[swift-hash]
swift_hash_path_suffix = peersuffix
swift_hash_path_prefix = peerprefix
[storage-policy:0]
name = Policy-0
default = yes
aliases = gold
X
for t in object:$SWIFT_OBJECT_PORT container:$SWIFT_CONTAINER_PORT account:$SWIFT_ACCOUNT_PORT; do
  n=${t%%:*} p=${t##*:}
  if [ ! -e "$S/$n.ring.gz" ] || [ "$(cat "$S/$n.port" 2>/dev/null)" != "$p" ]; then
    rm -f "$S/$n.builder" "$S/$n.ring.gz"
    RB="$PY $PFX/usr/bin/swift-ring-builder $S/$n.builder"
    $RB create 4 1 0 >/dev/null
    $RB add --region 1 --zone 1 --ip 127.0.0.1 --port "$p" --device d1 --weight 1 >/dev/null
    $RB rebalance >/dev/null || true
    echo "$p" > "$S/$n.port"
  fi
done
common() { cat <<X
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $1
workers = 0
user = $ME
swift_dir = $S
devices = @SWIFT_DATA@
mount_check = false
disable_fallocate = true
fallocate_reserve = 0
log_custom_handlers = swiftlog.hook
log_level = INFO
X
}
{ common "$SWIFT_ACCOUNT_PORT"; cat <<X
[pipeline:main]
pipeline = healthcheck recon account-server
[app:account-server]
use = egg:swift#account
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:recon]
use = egg:swift#recon
recon_cache_path = $VAR/swift-recon
X
} > "$S/account-server.conf.in"
{ common "$SWIFT_CONTAINER_PORT"; cat <<X
[pipeline:main]
pipeline = healthcheck recon container-server
[app:container-server]
use = egg:swift#container
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:recon]
use = egg:swift#recon
recon_cache_path = $VAR/swift-recon
[container-updater]
interval = 2
account_suppression_time = 1
recon_cache_path = $VAR/swift-recon
X
} > "$S/container-server.conf.in"
{ common "$SWIFT_OBJECT_PORT"; cat <<X
[pipeline:main]
pipeline = healthcheck recon object-server
[app:object-server]
use = egg:swift#object
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:recon]
use = egg:swift#recon
recon_cache_path = $VAR/swift-recon
recon_lock_path = $VAR/swift-recon
[object-updater]
interval = 5
recon_cache_path = $VAR/swift-recon
X
} > "$S/object-server.conf.in"
{ common 0 | grep -v '^bind_'; cat <<X
[object-expirer]
interval = 5
recon_cache_path = $VAR/swift-recon
[pipeline:main]
pipeline = catch_errors cache proxy-server
[app:proxy-server]
use = egg:swift#proxy
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$MEMCACHED_PORT
[filter:catch_errors]
use = egg:swift#catch_errors
X
} > "$S/object-expirer.conf.in"
proxy() { # port auth-part-of-pipeline
common "$1"; cat <<X
expose_info = true
admin_key = swift-info-admin-key
cors_allow_origin = *
strict_cors_mode = false
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging cache listing_formats bulk tempurl formpost $2 staticweb copy container-quotas account-quotas slo dlo versioned_writes symlink proxy-logging proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
# listings and HEAD reflect recent writes
recheck_account_existence = 1
recheck_container_existence = 1
# with one device, one "507 no space" (too much metadata for ext4's xattrs) would otherwise cause 503 for all requests for a minute
error_suppression_interval = 1
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:proxy-logging]
use = egg:swift#proxy_logging
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$MEMCACHED_PORT
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:tempurl]
use = egg:swift#tempurl
[filter:formpost]
use = egg:swift#formpost
[filter:staticweb]
use = egg:swift#staticweb
[filter:copy]
use = egg:swift#copy
[filter:container-quotas]
use = egg:swift#container_quotas
[filter:account-quotas]
use = egg:swift#account_quotas
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
allow_object_versioning = true
[filter:symlink]
use = egg:swift#symlink
X
}
{ proxy "$SWIFT_TEMPAUTH_PORT" tempauth; cat <<X
[filter:tempauth]
use = egg:swift#tempauth
token_life = @TEMPAUTH_LIFE@
user_admin_admin = admin .admin .reseller_admin
user_test_tester = testing .admin
user_test_tester3 = testing3
user_test2_tester2 = testing2 .admin
X
} > "$S/proxy-tempauth.conf.in"
{ proxy "$SWIFT_SHORT_PORT" tempauth; cat <<X
[filter:tempauth]
use = egg:swift#tempauth
token_life = @TEMPAUTH_SHORT_LIFE@
# memcached stores tokens by user, so no other proxy may have these users
user_test_short = short .admin
user_test_short2 = short2 .admin
X
} > "$S/proxy-short.conf.in"
{ proxy "$SWIFT_KEYSTONE_PORT" "authtoken keystoneauth"; cat <<X
[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
www_authenticate_uri = $AUTH_URL
auth_url = $AUTH_URL
auth_type = password
username = swift
password = $SERVICE_PASS
user_domain_id = default
project_name = service
project_domain_id = default
region_name = RegionOne
delay_auth_decision = true
include_service_catalog = false
service_token_roles_required = true
service_token_roles = service
# seconds for which a validated token is cached; -1: validate it at Keystone every time
token_cache_time = @TOKEN_CACHE_TIME@
memcached_servers = 127.0.0.1:$MEMCACHED_PORT
cache = swift.cache
[filter:keystoneauth]
use = egg:swift#keystoneauth
operator_roles = admin, member, swiftoperator
reseller_admin_role = ResellerAdmin
X
} > "$S/proxy-keystone.conf.in"
