# limit: 200
# uid: 1
# PostgreSQL over its Unix socket: initdb, the server, pgbench, sessions that wait for each other, a crash and recovery.
P=/usr/lib/postgresql/15/bin
export PGHOST=/tmp/socket PGDATABASE=bench PGDATA=/tmp/data
mkdir $PGHOST
$P/initdb -A trust -N --locale=C > log 2>&1 || cat log
tail -1 log
start() {
  $P/postgres -k $PGHOST -c listen_addresses= -c fsync=off -c max_connections=20 -c shared_buffers=16MB >> server.log 2>&1 & server=$!
  for i in $(seq 300); do $P/pg_isready -q -d postgres && return; sleep 0.1; done
  cat server.log
}
sql() { $P/psql -XAtc "$1" 2>&1; }
start
$P/createdb bench
$P/pgbench -i -q 2>&1 | grep -v -e elapsed -e 'done in'
$P/pgbench -c 4 -j 2 -t 15 2>/dev/null | grep -e clients -e processed -e failed
sql "select count(*), (select count(*) from pgbench_history) from pgbench_accounts"
sql "select sum(abalance) = (select sum(delta) from pgbench_history), sum(abalance) = (select sum(tbalance) from pgbench_tellers) from pgbench_accounts"
echo "-- locks and notices between sessions"
sql "create table t (a int primary key, b text); insert into t select i, repeat('x', i) from generate_series(1, 1000) i; select count(*), sum(length(b)) from t"
(echo "begin; update t set b = 'first' where a = 1; select pg_notify('news', 'hello');"; sleep 1; echo "commit;") | $P/psql -XAtq &
sleep 0.5
sql "update t set b = b || ', second' where a = 1 returning b"
wait $!
sql "set lock_timeout = '100ms'; begin; lock table t; select 1/0"
$P/psql -XAtq <<'Q' | sed 's/PID [0-9]*/PID N/'
listen news;
notify news, 'to itself';
select 'shown after';
prepare p(int) as select b from t where a = $1;
execute p(1);
copy (select a from t order by a limit 3) to stdout;
set max_parallel_workers_per_gather = 2;
set parallel_setup_cost = 0;
set parallel_tuple_cost = 0;
set min_parallel_table_scan_size = 0;
select count(*) from pgbench_accounts where abalance >= 0 or abalance < 0;
Q
sql "select pg_cancel_backend(pid) from pg_stat_activity where backend_type = 'no such'"
(sql "select pg_sleep(60)") & sleeper=$!
for i in $(seq 100); do [ "$(sql "select pg_cancel_backend(pid) from pg_stat_activity where query = 'select pg_sleep(60)'")" = t ] && break; sleep 0.1; done
wait $sleeper
echo "-- a crash"
sql "insert into t values (2000, 'before the crash')"
kill -QUIT $server; wait $server 2>/dev/null; echo "server $?"
start
sql "select b from t where a = 2000"
grep -c "automatic recovery in progress" server.log
kill -INT $server; wait $server; echo "server $?"
ls $PGHOST /dev/shm
