# What install.sh, start.sh, stop.sh and restart.sh share; read by them with ROOT set already.
# Everything is below ROOT, and listens on 127.0.0.1 alone, on ports from OPENSTACK_PORT_BASE (25000) on.
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
# Not secrets: the cloud is made for one run, and listens to nobody else.
ADMIN_PASS=adminpass
DEMO_PASS=demopass
SERVICE_PASS=servicepass
APPCRED_SECRET=appcred-secret
AUTH_URL=http://$HOST:$KEYSTONE_PORT/v3
RUN=$ROOT/run; LOG=$ROOT/log; ETC=$ROOT/etc; VAR=$ROOT/var; PFX=$ROOT/prefix
mkdir -p "$RUN" "$LOG" "$ETC" "$VAR" "$PFX"

say() { printf '%s\n' "$*"; }

born() { # pid: when the process began, in ticks since boot
  local stat; stat=$(cat "/proc/$1/stat" 2>/dev/null) && set -- ${stat##*) } && printf '%s' "${20}"
}

alive() { # pidfile ("pid" or "pid began"): whether that very process lives, not another that has its number by now
  local p began; [ -s "$1" ] && read -r p began <"$1" && kill -0 "$p" 2>/dev/null &&
    { [ -z "$began" ] || [ "$began" = "$(born "$p")" ]; }
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else say "  '$*' needs root, and there is no sudo here" >&2; return 1; fi
}

spawn() { # name port command...   (own session; pid file; log file; port - for one that listens to nothing)
  local name=$1 port=$2; shift 2
  if alive "$RUN/$name.pid"; then say "  $name already running ($(cut -d' ' -f1 "$RUN/$name.pid"))"; return; fi
  if [ "$port" != - ] && (: </dev/tcp/127.0.0.1/"$port") 2>/dev/null; then
    say "  something else listens on port $port, which $name needs: set OPENSTACK_PORT_BASE (now $PORT_BASE)"; return 1
  fi
  setsid "$@" >>"$LOG/$name.out" 2>&1 </dev/null &
  echo "$! $(born $!)" >"$RUN/$name.pid"
}

wait_http() { # name url [seconds]: until any HTTP answer below 500
  local name=$1 url=$2 max=${3:-60} t0=$SECONDS code
  while :; do
    code=$(curl -s -o /dev/null -m 5 -w '%{http_code}' "$url" || true)
    case $code in [1234]??) say "  $name answers $code after $((SECONDS-t0))s: $url"; return 0;; esac
    if [ $((SECONDS-t0)) -ge "$max" ] || ! alive "$RUN/$name.pid"; then
      say "  $name did NOT answer ($code) at $url; last of its log:"; tail -15 "$LOG/$name.out"; return 1
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

apt_need() { # packages, only those not installed yet
  local p need=()
  for p; do dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null | grep -q 'install ok installed' || need+=("$p"); done
  [ ${#need[@]} = 0 ] && return 0
  say "  apt-get install ${need[*]}"
  (
    # What is installed must not be started by its package, now; later it may be.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
      trap 'as_root rm -f "$policy"' EXIT
      printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy" || exit 1
    fi
    for try in 1 2; do # a second time with fresh package lists
      as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${need[@]}" >>"$LOG/apt.log" 2>&1 && exit 0
      [ $try = 1 ] && { say "  apt-get update"; as_root apt-get update >>"$LOG/apt.log" 2>&1 || true; }
    done
    exit 1
  ) && return 0
  tail -20 "$LOG/apt.log" 2>/dev/null; say "  The packages cannot be had: is this Debian 12, and are its archives in reach?"; return 1
}

deb_extract() { # packages: only their files, into $PFX (no scripts of theirs, no databases, no services)
  local p d; d=$VAR/debs; mkdir -p "$d"
  for p; do
    [ -e "$d/$p.done" ] && continue
    (cd "$d" && apt-get download "$p" >>"$LOG/apt.log" 2>&1) ||
      { as_root apt-get update >>"$LOG/apt.log" 2>&1; (cd "$d" && apt-get download "$p" >>"$LOG/apt.log" 2>&1); } || { tail -5 "$LOG/apt.log"; return 1; }
    dpkg -x "$d/$p"_*.deb "$PFX" && rm -f "$d/$p"_*.deb && touch "$d/$p.done"
  done
}
