# limit: 150
# python3's multiprocessing: processes, pools, queues, pipes, locks, shared memory, managers, over fork and spawn.
cat > work.py <<'P'
import multiprocessing as mp, os, signal, sys, time
from multiprocessing import shared_memory

def square(x): return x * x
def fail(x): raise ValueError(f"bad {x}")
def put(q, n):
    for i in range(n): q.put((i, "x" * i))
def echo(c):
    while (m := c.recv()) is not None: c.send([m, os.getppid() > 0])
    c.close()
def add(v, lock, n):
    for _ in range(n):
        with lock: v.value += 1
def consume(q, out):
    total = 0
    while (x := q.get()) is not None:
        total += x
        q.task_done()
    q.task_done()
    out.put(total)
def fill(name, i):
    s = shared_memory.SharedMemory(name=name)
    s.buf[i * 100:(i + 1) * 100] = bytes([i]) * 100
    s.close()
def meet(b, e, n):
    b.wait()
    e.wait()
    with n.get_lock(): n.value += 1
def sleep(): time.sleep(100)
def send_file(c):
    f = open("passed", "w+")
    f.write("over a socket")
    f.flush()
    from multiprocessing.reduction import send_handle
    send_handle(c, f.fileno(), os.getppid())
    c.recv()

def main(method):
    print("--", method)
    ctx = mp.get_context(method)
    with ctx.Pool(3) as pool:
        print(pool.map(square, range(20)))
        print(sorted(pool.imap_unordered(square, range(10), chunksize=3)))
        print(pool.apply_async(square, (12,)).get(30))
        print(pool.starmap(pow, [(2, 5), (3, 3)]))
        try: pool.map(fail, [1])
        except ValueError as e: print("error", e)
    q = ctx.Queue()
    p = ctx.Process(target=put, args=(q, 500))
    p.start()
    got = [q.get(timeout=60) for _ in range(500)]
    p.join()
    print(p.exitcode, len(got), got[-1][0], sum(len(x[1]) for x in got))
    a, b = ctx.Pipe()
    p = ctx.Process(target=echo, args=(b,))
    p.start()
    for m in (1, "two", [3], b"x" * 100000):
        a.send(m)
        r = a.recv()
        print(r[0] == m, r[1])
    a.send(None)
    p.join()
    v, lock = ctx.Value("i", 0, lock=False), ctx.Lock()
    ps = [ctx.Process(target=add, args=(v, lock, 200)) for _ in range(3)]
    for p in ps: p.start()
    for p in ps: p.join()
    print("counted", v.value)
    jq, out = ctx.JoinableQueue(), ctx.SimpleQueue()
    ps = [ctx.Process(target=consume, args=(jq, out)) for _ in range(2)]
    for p in ps: p.start()
    for i in range(100): jq.put(i)
    for _ in ps: jq.put(None)
    jq.join()
    print("consumed", sum(out.get() for _ in ps))
    for p in ps: p.join()
    s = shared_memory.SharedMemory(create=True, size=400)
    ps = [ctx.Process(target=fill, args=(s.name, i)) for i in range(4)]
    for p in ps: p.start()
    for p in ps: p.join()
    print("shared", bytes(s.buf[:400]) == b"".join(bytes([i]) * 100 for i in range(4)))
    s.close()
    s.unlink()
    barrier, event, n = ctx.Barrier(3), ctx.Event(), ctx.Value("i", 0)
    ps = [ctx.Process(target=meet, args=(barrier, event, n)) for _ in range(2)]
    for p in ps: p.start()
    barrier.wait()
    event.set()
    for p in ps: p.join()
    print("met", n.value)
    p = ctx.Process(target=sleep)
    p.start()
    p.terminate()
    p.join()
    print("terminated", p.exitcode == -signal.SIGTERM)
    a, b = ctx.Pipe()
    p = ctx.Process(target=send_file, args=(b,))
    p.start()
    from multiprocessing.reduction import recv_handle
    fd = recv_handle(a)
    os.lseek(fd, 0, 0)
    print(os.read(fd, 100))
    a.send(1)
    p.join()

if __name__ == "__main__":
    main(sys.argv[1])
    if sys.argv[1] == "fork":
        with mp.Manager() as m:
            d, l, ns, lock = m.dict(), m.list(range(3)), m.Namespace(), m.Lock()
            ps = [mp.Process(target=d.__setitem__, args=(i, i * i)) for i in range(3)]
            for p in ps: p.start()
            for p in ps: p.join()
            l.append("x")
            ns.a = 5
            with lock: print(sorted(d.items()), list(l), ns.a)
        from multiprocessing.connection import Client, Listener
        import threading
        with Listener("sock", authkey=b"key") as listener:
            t = threading.Thread(target=lambda: listener.accept().send("authenticated"))
            t.start()
            with Client("sock", authkey=b"key") as c: print(c.recv())
            t.join()
P
python3 work.py fork && python3 work.py spawn
