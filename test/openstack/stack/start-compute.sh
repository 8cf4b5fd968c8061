# Group compute; sourced by start.sh; needs the group core to be running.
seed compute
spawn placement "$PLACEMENT_PORT" env OS_PLACEMENT_CONFIG_DIR="$ETC/placement" \
  uwsgi_python3 --http11-socket "$HOST:$PLACEMENT_PORT" --master --die-on-term --processes 1 --threads 16 \
  --enable-threads --lazy-apps --buffer-size 65535 --need-app --no-orphans --wsgi-file /usr/bin/placement-api
spawn glance "$GLANCE_PORT" $PY "$PFX/usr/bin/glance-api" --config-file "$ETC/glance/glance-api.conf"
spawn neutron "$NEUTRON_PORT" env PYTHONPATH="$HERE/src/neutron_peer" $PY "$PFX/usr/bin/neutron-server" --config-file "$ETC/neutron/neutron.conf"
wait_http placement "http://$HOST:$PLACEMENT_PORT/"
spawn nova "$NOVA_PORT" $PY "$HERE/src/nova_all.py" --config-file "$ETC/nova/nova.conf"
wait_http glance "http://$HOST:$GLANCE_PORT/"
wait_http neutron "http://$HOST:$NEUTRON_PORT/"
wait_http nova "http://$HOST:$NOVA_PORT/"
if [ ! -e "$VAR/nova/.discovered" ]; then
  for i in $(seq 60); do # the compute service must have registered before it can be mapped to its cell
    sqlite3 "$VAR/nova/nova_cell1.db" 'select count(*) from compute_nodes' 2>/dev/null | grep -q '^[1-9]' && break; sleep 0.5
  done
  $PY "$PFX/usr/bin/nova-manage" --config-file "$ETC/nova/nova.conf" cell_v2 discover_hosts --verbose >>"$LOG/nova-manage.out" 2>&1
  touch "$VAR/nova/.discovered"
fi
$PY "$HERE/src/seed_compute.py" "$ROOT" "http://$HOST:$NOVA_PORT/v2.1" "http://$HOST:$GLANCE_PORT" "http://$HOST:$NEUTRON_PORT"
