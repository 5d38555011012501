# limit: 100
# A session bus: dbus-daemon with dbus-send, dbus-monitor, busctl, and a python service; names, calls, signals, activation,
# descriptors that are passed.
export DBUS_SESSION_BUS_ADDRESS=unix:path=/tmp/bus
mkdir services
cat > bus.conf <<'P'
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=/tmp/bus</listen>
  <listen>unix:abstract=r3-bus</listen>
  <auth>EXTERNAL</auth>
  <servicedir>/tmp/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
    <deny own="org.ring3.Forbidden"/>
  </policy>
</busconfig>
P
cat > services/lazy.service <<'P'
[D-BUS Service]
Name=org.ring3.Lazy
Exec=/usr/bin/python3 /tmp/service.py org.ring3.Lazy
P
cat > service.py <<'P'
import dbus, dbus.service, os, sys
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib
DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()
I = "org.ring3.Test"
class Service(dbus.service.Object):
    @dbus.service.method(I, in_signature="s", out_signature="s")
    def Upper(self, text): return text.upper()
    @dbus.service.method(I, in_signature="ai", out_signature="i")
    def Sum(self, numbers): return sum(numbers)
    @dbus.service.method(I, in_signature="a{sv}", out_signature="as")
    def Keys(self, d): return sorted(d)
    @dbus.service.method(I, out_signature="ay")
    def Big(self): return dbus.ByteArray(b"z" * 300000)
    @dbus.service.method(I)
    def Fail(self): raise dbus.DBusException("as wanted", name="org.ring3.Error")
    @dbus.service.method(I, in_signature="h", out_signature="s")
    def Read(self, fd):
        with os.fdopen(fd.take()) as f: return f.read()
    @dbus.service.method(I, out_signature="h")
    def Pipe(self):
        r, w = os.pipe()
        os.write(w, b"from the service")
        os.close(w)
        fd = dbus.types.UnixFd(r)
        os.close(r)
        return fd
    @dbus.service.method(I, sender_keyword="sender", out_signature="uu")
    def Who(self, sender=None):
        d = dbus.Interface(bus.get_object("org.freedesktop.DBus", "/"), "org.freedesktop.DBus")
        return d.GetConnectionUnixUser(sender), d.GetConnectionUnixProcessID(sender) > 1
    @dbus.service.signal(I, signature="si")
    def Happened(self, what, n): pass
    @dbus.service.method(I)
    def Emit(self):
        for n in range(3): self.Happened("event", n)
    @dbus.service.method(I)
    def Quit(self): GLib.idle_add(loop.quit)
name = dbus.service.BusName(sys.argv[1], bus)
service = Service(bus, "/test")
loop = GLib.MainLoop()
open("/tmp/ready-" + sys.argv[1], "w")
loop.run()
P
cat > client.py <<'P'
import dbus, os
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib
DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()
s = dbus.Interface(bus.get_object("org.ring3.Service", "/test"), "org.ring3.Test")
print(s.Upper("text"), s.Sum([1, 2, 3]), s.Keys({"b": 1, "a": "x"}), len(s.Big()))
try: s.Fail()
except dbus.DBusException as e: print(e.get_dbus_name(), e.get_dbus_message())
r, w = os.pipe()
os.write(w, b"from the client")
os.close(w)
print(s.Read(dbus.types.UnixFd(r)))
print(os.read(s.Pipe().take(), 100))
print([int(x) for x in s.Who()])
loop, seen = GLib.MainLoop(), []
def happened(what, n):
    seen.append((str(what), int(n)))
    if n == 2: loop.quit()
bus.add_signal_receiver(happened, "Happened", "org.ring3.Test")
owners = []
bus.add_signal_receiver(lambda n, old, new: owners.append((str(n), bool(old), bool(new))), "NameOwnerChanged", arg0="org.ring3.Mine")
s.Emit()
GLib.timeout_add_seconds(30, loop.quit)
loop.run()
print(seen)
print(bus.request_name("org.ring3.Mine"), bus.request_name("org.ring3.Mine"), bus.request_name("org.ring3.Service", 4))
try: bus.request_name("org.ring3.Forbidden")
except dbus.DBusException as e: print(e.get_dbus_name())
print(bus.release_name("org.ring3.Mine"), bus.release_name("org.ring3.Mine"))
while len(owners) < 2: GLib.MainContext.default().iteration(True)
print(owners)
# many calls under way at once
left, answers = 50, []
def done(r):
    answers.append(str(r))
    if len(answers) == 50: loop.quit()
for i in range(50): s.Upper(f"n{i}", reply_handler=done, error_handler=print)
loop.run()
print(answers[0], answers[49], len(set(answers)))
P
dbus-daemon --config-file=bus.conf --fork --print-pid=3 3>pid
dest() { dbus-send --session --print-reply=literal --dest="$@"; }
bus=org.freedesktop.DBus
echo "-- the bus"
dest $bus / $bus.ListNames | tr -s ' '
dest $bus / $bus.NameHasOwner string:org.ring3.Service
dest $bus / $bus.GetId | tr -d ' \n' | wc -c
dest $bus / $bus.ListActivatableNames | tr -s ' '
dest org.ring3.Nobody / a.b.c 2>&1; echo "status $?"
DBUS_SESSION_BUS_ADDRESS=unix:abstract=r3-bus dest $bus / $bus.GetNameOwner string:$bus
DBUS_SESSION_BUS_ADDRESS=unix:path=/tmp/none dest $bus / $bus.ListNames 2>&1 | sed 's/.*: //'
echo "-- a service"
python3 service.py org.ring3.Service & service=$!
for i in $(seq 500); do [ -e ready-org.ring3.Service ] && break; sleep 0.05; done
dbus-monitor --session "interface=org.ring3.Test" > monitored & monitor=$!
for i in $(seq 200); do grep -q NameLost monitored && break; sleep 0.05; done
dest org.ring3.Service /test org.ring3.Test.Upper string:word
dest org.ring3.Service /test org.ring3.Test.Sum array:int32:4,5,6
dest org.ring3.Service /test org.ring3.Test.Nothing 2>&1; echo "status $?"
dest org.ring3.Service /test org.freedesktop.DBus.Introspectable.Introspect | grep -c '<method'
dbus-send --session --type=signal /test org.ring3.Test.FromOutside string:x int32:5
busctl --address=$DBUS_SESSION_BUS_ADDRESS call org.ring3.Service /test org.ring3.Test Sum ai 3 1 2 39
busctl --address=$DBUS_SESSION_BUS_ADDRESS tree org.ring3.Service
busctl --address=$DBUS_SESSION_BUS_ADDRESS introspect org.ring3.Service /test org.ring3.Test | cat
busctl --address=$DBUS_SESSION_BUS_ADDRESS list --acquired --no-legend | tr -s ' ' | cut -d' ' -f1,3
for i in $(seq 200); do grep -q "int32 39" monitored && break; sleep 0.05; done
kill $monitor; wait $monitor 2>/dev/null
sed -E 's/time=[0-9.]+ //; s/ (reply_)?serial=[0-9]+//g; s/:1\.[0-9]+/:1.N/g' monitored | grep -v -e NameAcquired -e NameLost -e ':1\.N"$'
echo "-- a client"
python3 client.py
echo "-- activation"
dest org.ring3.Lazy /test org.ring3.Test.Upper string:started
dest org.ring3.Lazy /test org.ring3.Test.Quit
dest org.ring3.Service /test org.ring3.Test.Quit
wait $service; echo "service $?"
kill $(cat pid)
for i in $(seq 200); do [ -e bus ] || break; sleep 0.05; done
ls bus 2>&1
