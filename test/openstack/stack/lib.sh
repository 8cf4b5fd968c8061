# Shared by install.sh, start.sh, stop.sh and restart.sh, which set ROOT and source it.
# Everything is in ROOT, and listens on 127.0.0.1 only, on ports from OPENSTACK_PORT_BASE (25000) upwards.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
unset PYTHONPATH PYTHONHOME PYENV_VERSION http_proxy https_proxy HTTP_PROXY HTTPS_PROXY
export PYTHONUNBUFFERED=1
PY=/usr/bin/python3
ME=$(id -un)
HOST=127.0.0.1
PORT_BASE=${OPENSTACK_PORT_BASE:-25000}
KEYSTONE_PORT=$PORT_BASE
KEYSTONE_SHORT_PORT=$((PORT_BASE + 1))
SWIFT_TEMPAUTH_PORT=$((PORT_BASE + 10))
SWIFT_KEYSTONE_PORT=$((PORT_BASE + 11))
SWIFT_SHORT_PORT=$((PORT_BASE + 12))
SWIFT_OBJECT_PORT=$((PORT_BASE + 13))
SWIFT_CONTAINER_PORT=$((PORT_BASE + 14))
SWIFT_ACCOUNT_PORT=$((PORT_BASE + 15))
MEMCACHED_PORT=$((PORT_BASE + 16))
NOVA_PORT=$((PORT_BASE + 20))
PLACEMENT_PORT=$((PORT_BASE + 21))
GLANCE_PORT=$((PORT_BASE + 22))
NEUTRON_PORT=$((PORT_BASE + 23))
# Not secret: the cloud exists for one run, and listens on loopback only.
ADMIN_PASS=adminpass
DEMO_PASS=demopass
SERVICE_PASS=servicepass
APPCRED_SECRET=appcred-secret
AUTH_URL=http://$HOST:$KEYSTONE_PORT/v3
RUN=$ROOT/run; LOG=$ROOT/log; ETC=$ROOT/etc; VAR=$ROOT/var; PFX=$ROOT/prefix
mkdir -p "$RUN" "$LOG" "$ETC" "$VAR" "$PFX"

say() { printf '%s\n' "$*"; }

start_time() { # pid: the start time of the process, in ticks since boot
  local stat; stat=$(cat "/proc/$1/stat" 2>/dev/null) && set -- ${stat##*) } && printf '%s' "${20}"
}

alive() { # pidfile ("pid" or "pid start"): whether that process is running, and not another one that has its pid now
  local p start; [ -s "$1" ] && read -r p start <"$1" && kill -0 "$p" 2>/dev/null &&
    { [ -z "$start" ] || [ "$start" = "$(start_time "$p")" ]; }
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else say "  '$*' needs root, and there is no sudo" >&2; return 1; fi
}

spawn() { # name port command...   (own session; pid file; log file; port - if it does not listen)
  local name=$1 port=$2; shift 2
  if alive "$RUN/$name.pid"; then say "  $name already running ($(cut -d' ' -f1 "$RUN/$name.pid"))"; return; fi
  if [ "$port" != - ] && (: </dev/tcp/127.0.0.1/"$port") 2>/dev/null; then
    say "  port $port, which $name needs, is in use: set OPENSTACK_PORT_BASE (now $PORT_BASE)"; return 1
  fi
  setsid "$@" >>"$LOG/$name.out" 2>&1 </dev/null &
  echo "$! $(start_time $!)" >"$RUN/$name.pid"
}

wait_http() { # name url [seconds]: waits for an HTTP response below 500
  local name=$1 url=$2 max=${3:-60} t0=$SECONDS code
  while :; do
    code=$(curl -s -o /dev/null -m 5 -w '%{http_code}' "$url" || true)
    case $code in [1234]??) say "  $name returns $code after $((SECONDS-t0))s: $url"; return 0;; esac
    if [ $((SECONDS-t0)) -ge "$max" ] || ! alive "$RUN/$name.pid"; then
      say "  $name did NOT respond ($code) at $url; end of its log:"; tail -15 "$LOG/$name.out"; return 1
    fi
    sleep 0.2
  done
}

stop_one() { # name
  local f=$RUN/$1.pid p i
  [ -s "$f" ] || return 0
  p=$(cut -d' ' -f1 "$f")
  if alive "$f"; then
    kill -TERM -- "-$p" 2>/dev/null || kill -TERM "$p" 2>/dev/null || true
    for i in $(seq 50); do kill -0 -- "-$p" 2>/dev/null || break; sleep 0.1; done
    kill -KILL -- "-$p" 2>/dev/null || true
  fi
  rm -f "$f"
}

apt_need() { # packages: installs those that are missing
  local p need=()
  for p; do dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null | grep -q 'install ok installed' || need+=("$p"); done
  [ ${#need[@]} = 0 ] && return 0
  say "  apt-get install ${need[*]}"
  (
    # Prevents the packages from starting their services during the installation.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
      trap 'as_root rm -f "$policy"' EXIT
      printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy" || exit 1
    fi
    for try in 1 2; do # the second time with updated package lists
      as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${need[@]}" >>"$LOG/apt.log" 2>&1 && exit 0
      [ $try = 1 ] && { say "  apt-get update"; as_root apt-get update >>"$LOG/apt.log" 2>&1 || true; }
    done
    exit 1
  ) && return 0
  tail -20 "$LOG/apt.log" 2>/dev/null; say "  The packages cannot be installed: is this Debian 12, and are its archives reachable?"; return 1
}

deb_extract() { # packages: extracts their files into $PFX (no scripts, no databases, no services)
  local p d; d=$VAR/debs; mkdir -p "$d"
  for p; do
    [ -e "$d/$p.done" ] && continue
    (cd "$d" && apt-get download "$p" >>"$LOG/apt.log" 2>&1) ||
      { as_root apt-get update >>"$LOG/apt.log" 2>&1; (cd "$d" && apt-get download "$p" >>"$LOG/apt.log" 2>&1); } || { tail -5 "$LOG/apt.log"; return 1; }
    dpkg -x "$d/$p"_*.deb "$PFX" && rm -f "$d/$p"_*.deb && touch "$d/$p.done"
  done
}
