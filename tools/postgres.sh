#!/usr/bin/env bash
# A throw-away PostgreSQL for the tests: `tools/postgres.sh start` prints its address, `stop` removes it.
# It listens on a local socket and a loopback port of its own, keeps its files in target/postgres, and never touches a
# cluster of the machine.
set -euo pipefail
cd "$(dirname "$0")/.."
home="$PWD/target/postgres"
# Of its own for each checkout, so that the tests of two of them can run side by side.
port="${SHOUHU_TEST_POSTGRES_PORT:-$((30000 + $(cksum <<<"$PWD" | cut -d' ' -f1) % 20000))}"
bin="$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)"
[ -n "$bin" ] || { echo "PostgreSQL is not installed: apt-get install postgresql" >&2; exit 1; }

# initdb refuses to run as root, as it should.
as_owner() {
  if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --init-groups env HOME="$work" "$@"; else "$@"; fi
}
work="/tmp/shouhu-test-postgres-$port"

case "${1:-}" in
  start)
    if [ -s "$home/url" ] && as_owner "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; then cat "$home/url"; exit 0; fi
    mkdir -p "$home" "$work"
    [ "$(id -u)" != 0 ] || chown postgres:postgres "$work"
    if [ ! -s "$work/data-zh/PG_VERSION" ]; then
      # A Taiwanese office's own rules of sorting, not bytes: what compares texts in SQL must hold under them, too.
      # One that was broken off is begun anew.
      rm -rf "$work/data-zh"
      as_owner "$bin/initdb" -D "$work/data-zh" -U shouhu -A trust -E UTF8 --locale=C.UTF-8 --locale-provider=icu --icu-locale=zh-TW \
        >"$home/initdb.log" 2>&1 || { cat "$home/initdb.log" >&2; exit 1; }
    fi
    as_owner "$bin/pg_ctl" -D "$work/data-zh" -w -l "$work/server.log" \
      -o "-p $port -k $work -c listen_addresses=127.0.0.1 -c max_connections=200" start >"$home/start.log" 2>&1 \
      || { cat "$home/start.log" "$work/server.log" >&2; exit 1; }
    echo "postgres://shouhu@127.0.0.1:$port/postgres" | tee "$home/url"
    ;;
  stop)
    [ -d "$work/data-zh" ] && as_owner "$bin/pg_ctl" -D "$work/data-zh" -m fast stop >/dev/null 2>&1 || true
    rm -rf "$work" "$home/url"
    ;;
  *) echo "usage: tools/postgres.sh start|stop" >&2; exit 2 ;;
esac
