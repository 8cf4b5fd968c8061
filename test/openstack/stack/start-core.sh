# Group core; sourced by start.sh.
# variables: KEYSTONE_TOKEN_EXPIRATION (s, 3600) TEMPAUTH_LIFE (s, 86400) KEYSTONE_SHORT_EXPIRATION (s, 4) TEMPAUTH_SHORT_LIFE (s, 3)
#        TOKEN_CACHE_TIME (s, -1 = validate tokens at Keystone every time)
#        KEYSTONE_SOCKET (http11-socket: keep-alive; http-socket: closes after each response without notice) SWIFT_DATA (folder)
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"   # swift requests 32768, and logs an error if that is not allowed
spawn memcached "$MEMCACHED_PORT" memcached -u "$ME" -l 127.0.0.1 -p "$MEMCACHED_PORT" -U 0 -m 64
ks() { # pidname port token-life
  spawn "$1" "$2" env OS_KEYSTONE_CONFIG_FILES="$ETC/keystone/keystone.conf" OS_TOKEN__EXPIRATION="$3" \
    uwsgi_python3 --"${KEYSTONE_SOCKET:-http11-socket}" "$HOST:$2" --master --die-on-term --processes 1 --threads 32 \
    --enable-threads --lazy-apps --buffer-size 65535 --need-app --no-orphans --wsgi-file /usr/bin/keystone-wsgi-public
}
ks keystone "$KEYSTONE_PORT" "${KEYSTONE_TOKEN_EXPIRATION:-3600}"
# the same users and keys, but its tokens are valid for seconds; all services accept them
ks keystone-short "$KEYSTONE_SHORT_PORT" "${KEYSTONE_SHORT_EXPIRATION:-4}"

# Swift keeps an object's metadata in user xattrs, of which ext4 stores less than 4 KiB, tmpfs (Linux 6.6+) and xfs 64 KiB
has_xattr_space() { $PY - "$1" <<'X'
import os, sys, tempfile
try:
    with tempfile.NamedTemporaryFile(dir=sys.argv[1]) as f:
        os.setxattr(f.fileno(), 'user.x', b'x' * 16000)
except OSError:
    sys.exit(1)
X
}
if [ -z "${SWIFT_DATA:-}" ]; then
  SWIFT_DATA=$VAR/swift; mkdir -p "$SWIFT_DATA"
  if ! has_xattr_space "$SWIFT_DATA" && has_xattr_space /dev/shm; then SWIFT_DATA=/dev/shm/effect-rackspace-swift-$PORT_BASE; fi
fi
echo "$SWIFT_DATA" > "$RUN/swift-data"
mkdir -p "$SWIFT_DATA/d1" "$VAR/swift-recon"
S=$ETC/swift
for f in "$S"/*.conf.in; do
  sed -e "s#@SWIFT_DATA@#$SWIFT_DATA#; s#@TEMPAUTH_LIFE@#${TEMPAUTH_LIFE:-86400}#; s#@TEMPAUTH_SHORT_LIFE@#${TEMPAUTH_SHORT_LIFE:-3}#; s#@TOKEN_CACHE_TIME@#${TOKEN_CACHE_TIME:--1}#" "$f" > "${f%.in}"
done
sw() { # pidname port script conf
  spawn "$1" "$2" env SWIFT_LOG="$LOG/$1.log" EVENTLET_NO_GREENDNS=yes $PY "$HERE/src/swiftrun.py" "$S/swift.conf" "$PFX/usr/bin/$3" "$S/$4"
}
sw swift-account "$SWIFT_ACCOUNT_PORT" swift-account-server account-server.conf
sw swift-container "$SWIFT_CONTAINER_PORT" swift-container-server container-server.conf
sw swift-object "$SWIFT_OBJECT_PORT" swift-object-server object-server.conf
sw swift-proxy-tempauth "$SWIFT_TEMPAUTH_PORT" swift-proxy-server proxy-tempauth.conf
sw swift-proxy-keystone "$SWIFT_KEYSTONE_PORT" swift-proxy-server proxy-keystone.conf
sw swift-proxy-short "$SWIFT_SHORT_PORT" swift-proxy-server proxy-short.conf
wait_http keystone "$AUTH_URL"
wait_http keystone-short "http://$HOST:$KEYSTONE_SHORT_PORT/v3"
wait_http swift-account "http://127.0.0.1:$SWIFT_ACCOUNT_PORT/healthcheck"
wait_http swift-container "http://127.0.0.1:$SWIFT_CONTAINER_PORT/healthcheck"
wait_http swift-object "http://127.0.0.1:$SWIFT_OBJECT_PORT/healthcheck"
wait_http swift-proxy-tempauth "http://127.0.0.1:$SWIFT_TEMPAUTH_PORT/healthcheck"
wait_http swift-proxy-keystone "http://127.0.0.1:$SWIFT_KEYSTONE_PORT/healthcheck"
wait_http swift-proxy-short "http://127.0.0.1:$SWIFT_SHORT_PORT/healthcheck"
sw swift-container-updater - swift-container-updater container-server.conf
sw swift-object-updater - swift-object-updater object-server.conf
sw swift-object-expirer - swift-object-expirer object-expirer.conf
seed
