#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Kills starhashd at random moments while subscribers order services and change passwords on the console, over GSUP and by short
message, with the sample billing server behind it. Then everything is checked:

- each order that a subscriber was shown is theirs, and has had its effect at billing, exactly once;
- no order has had two effects, and nobody has more orders than times they said yes;
- billing has not seen a reference number twice with different contents;
- billing, the account cache and the outbox agree, and nothing is left waiting;
- each order's end was reported to its subscriber;
- the password is the one that was confirmed, or, where the answer was lost, the old or the new one;
- each password that was answered as wrong has been counted;
- all consents are there and unchanged, and the database is intact.

Scenarios:

kill     as above
ack      killed at the acknowledgement of a texted yes, or just before it (A10, A13): in the first case it is an order all the same; in
         the second it is, or the subscriber hears that nothing was asked, as a confirmation does not survive its process
clock    the machine's clock is set differently after each kill, ahead of or behind the last (A1); needs --preload
standby  two daemons on one database: when one is killed, the other goes on (A8)
backup   a backup is restored that lacks later orders
sites    two sites with a database each behind one billing, killed in turn (A2)
tickets  killed while subscribers complain and dispute charges, and staff answer and grant them with starhash-data, which is killed, too
         (S12, S16): each ticket that a subscriber was shown is there, and each dispute that was granted has its two credits at billing
events   killed while events come in by HTTP and their messages go out (S8): each event that was answered has its message; one that was
         in flight to the SMSC at a kill may come twice, since nobody knows whether the SMSC took it

Each in two ways: --answers now, where the account store answers reads at once and billing's first answer has the outcome of an order;
and --answers later, where each read goes through a thread, which needs --preload, and billing answers slowly and accepts orders that
it carries out later. Afterwards the run checks that it was so.

Usage: chaos.py --bin FOLDER --billing BILLING.PY --menu MENU.CFG --run FOLDER [--scenario NAME] [--answers now|later] [--kills N]
       [--seed N] [--subscribers N] [--preload LIBRARIES]
"""
import argparse
import asyncio
import getpass
import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import time
import urllib.request

SERVICES = "ABC"
SERVICE_NUMBER = "10086"
PORT = 20000            # billing's; the SMSCs have the next ones
HLR = 10                # offset of a site's HLR port from its SMSC's
ANSWER_S = 8.0
IDLE_S = 180.0
TRIES = 20              # wrong passwords that lock
LATE_BILLING = {"only": "orders", "slow_ms": 200, "pending_s": 0.5}     # faults of contrib/billing/billing.py

SUBMIT_SM, DELIVER_SM, ENQUIRE_LINK, UNBIND = 0x04, 0x05, 0x15, 0x06
BINDS = {0x01: "receiver", 0x02: "transmitter", 0x09: "transceiver"}
RESPONSE = 0x80000000


def cstring(data, at):
    end = data.index(0, at)
    return data[at:end].decode("latin-1"), end + 1


def send(writer, data):
    """A write to a killed daemon fails. The transport itself would then drop what the daemon had sent and nobody has read yet."""
    sent = 0
    try:
        if not writer.transport.is_closing() and not writer.transport.get_write_buffer_size():
            sent = os.write(writer.get_extra_info("socket").fileno(), data)
    except BlockingIOError:
        pass
    except OSError:
        return
    if sent < len(data):
        writer.write(data[sent:])


class Smsc:
    """Like an SMSC: an unacknowledged text is delivered again, under the same reference."""

    def __init__(self):
        self.writer = None
        self.sequence = 0
        self.waiting = {}       # sequence of a deliver_sm -> its text, and its link
        self.queue = []         # texts to be delivered
        self.delayed = []       # numbers of temporarily refused texts
        self.repeated = set()   # numbers whose text is delivered again, as its link ended before the acknowledgement
        self.inboxes = {}       # number -> asyncio.Queue
        self.reference = 0
        self.acknowledged = lambda number, text: None

    def inbox(self, number):
        return self.inboxes.setdefault(number, asyncio.Queue())

    def holds(self, number):
        """Whether a text of this number is unacknowledged."""
        return any(message[0] == number for message in [*self.waiting.values(), *self.queue]) or number in self.delayed

    def text(self, number, text):
        self.reference = self.reference % 65535 + 1
        self.queue.append((number, text, self.reference))
        self.deliver()

    @staticmethod
    def put(writer, command, status, sequence, body=b""):
        send(writer, struct.pack(">IIII", 16 + len(body), command, status, sequence) + body)

    def deliver(self):
        while self.writer and self.queue:
            number, text, reference = message = self.queue.pop(0)
            self.sequence += 1
            self.waiting[self.sequence] = *message, self.writer
            body = (b"\0\1\1" + number.encode() + b"\0\0\1" + SERVICE_NUMBER.encode() + b"\0" + b"\0\0\0" + b"\0\0" +
                    b"\0\0\0\0" + bytes([len(text)]) + text.encode() + struct.pack(">HHH", 0x0204, 2, reference))
            self.put(self.writer, DELIVER_SM, 0, self.sequence, body)

    def take_submit(self, writer, sequence, body):
        at = cstring(body, 0)[1] + 2
        at = cstring(body, at)[1] + 2
        number, at = cstring(body, at)
        at += 3
        at = cstring(body, at)[1]
        at = cstring(body, at)[1] + 4
        text = body[at + 1:at + 1 + body[at]].decode("latin-1")
        self.put(writer, SUBMIT_SM | RESPONSE, 0, sequence, b"%d\0" % self.sequence)
        self.inbox(number).put_nowait(text)

    async def later(self, message):
        self.delayed.append(message[0])
        await asyncio.sleep(0.1)
        self.delayed.remove(message[0])
        self.queue.append(message)
        self.deliver()

    def take(self, writer, command, status, sequence, body):
        if command in BINDS:
            self.put(writer, command | RESPONSE, 0, sequence, b"chaos\0")
            self.deliver()
        elif command == SUBMIT_SM:
            self.take_submit(writer, sequence, body)
        elif command == DELIVER_SM | RESPONSE:
            message = self.waiting.pop(sequence, ())[:3]
            if status and message:
                asyncio.ensure_future(self.later(message))
            elif message:
                self.acknowledged(*message[:2])
        elif command in (ENQUIRE_LINK, UNBIND):
            self.put(writer, command | RESPONSE, 0, sequence)

    async def serve(self, reader, writer):
        self.writer = writer
        try:
            while True:
                length, command, status, sequence = struct.unpack(">IIII", await reader.readexactly(16))
                self.take(writer, command, status, sequence, await reader.readexactly(length - 16))
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        if self.writer is writer:
            self.writer = None
        lost = [key for key in sorted(self.waiting) if self.waiting[key][3] is writer]     # the next link may be up already
        self.queue = [self.waiting.pop(key)[:3] for key in lost] + self.queue
        self.repeated.update(message[0] for message in self.queue)
        self.deliver()
        writer.close()


def tlv(tag, *values):
    value = b"".join(values)
    return bytes([tag, len(value)]) + value


def tlvs(data):
    """Elements by their tags; of a repeated tag the last one."""
    found = {}
    while len(data) > 1:
        found[data[0]] = data[2:2 + data[1]]
        data = data[2 + data[1]:]
    return found


def pack(text):
    """GSM 7 bit, for characters that are the same in ASCII."""
    bits = sum(ord(character) << 7 * at for at, character in enumerate(text + "\r" * (len(text) % 8 == 7)))
    return bits.to_bytes((7 * len(text) + 7) // 8, "little")


def unpack(octets):
    bits = int.from_bytes(octets, "little")
    return "".join(chr(bits >> 7 * at & 0x7f) for at in range(len(octets) * 8 // 7)).rstrip("\r\0")


class Hlr:
    """The HLR's end of the GSUP links: passes dialled codes to the daemon that connected last."""

    REQUEST = 0x20
    BEGIN, CONTINUE, END = 1, 2, 3

    def __init__(self):
        self.links = []
        self.session = 0
        self.waiting = {}       # session -> its link, and the future of its next page

    @staticmethod
    def put(writer, stream, body):
        send(writer, struct.pack(">HB", len(body), stream) + body)

    def send(self, writer, imsi, session, state, component=b""):
        digits = imsi + "f" * (len(imsi) % 2)
        packed = bytes(int(digits[at + 1] + digits[at], 16) for at in range(0, len(digits), 2))
        self.put(writer, 0xee, b"\5" + bytes([self.REQUEST]) + tlv(0x01, packed) + tlv(0x30, struct.pack(">I", session)) +
                 tlv(0x31, bytes([state])) + (tlv(0x35, component) if component else b""))

    async def ask(self, link, session, *message):
        if link not in self.links:
            raise Lost
        page = asyncio.get_running_loop().create_future()
        self.waiting[session] = link, page
        self.send(link, *message)
        try:
            return await asyncio.wait_for(page, ANSWER_S)
        except asyncio.TimeoutError:
            raise Lost from None
        finally:
            self.waiting.pop(session, None)

    def take(self, message):
        elements = tlvs(message[1:])
        session = int.from_bytes(elements.get(0x30, b""), "big")
        _, page = self.waiting.get(session, (None, None))
        if page and not page.done():
            page.set_result((elements[0x31][0], elements.get(0x35, b"")))

    async def serve(self, reader, writer):
        self.put(writer, 0xfe, b"\4\1\1\1\0")      # who are you?
        self.put(writer, 0xfe, b"\6")
        self.links.append(writer)
        try:
            while True:
                length, stream = struct.unpack(">HB", await reader.readexactly(3))
                body = await reader.readexactly(length)
                if stream == 0xfe and body == b"\0":
                    self.put(writer, 0xfe, b"\1")
                elif stream == 0xee and body[0] == 5:
                    self.take(body[1:])
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        self.links.remove(writer)
        for link, page in self.waiting.values():
            if link is writer and not page.done():
                page.set_exception(Lost())
        writer.close()


class Daemon:
    """starhashd, killed and restarted."""

    def __init__(self, args, folder, name=""):
        self.args = args
        self.config, self.socket = "%s/starhash%s.cfg" % (folder, name), "%s/console%s" % (folder, name)
        self.vty, self.door = "%s/vty%s" % (folder, name), "%s/door%s" % (folder, name)
        self.process = None
        self.log = open(args.run + "/starhashd.log", "ab")

    def start(self):
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        environment = dict(os.environ)
        if self.args.preload:
            environment.update(LD_PRELOAD=self.args.preload, CLOCK_BEHIND=self.args.run + "/behind", CLOCK_AHEAD=self.args.run + "/ahead")
        self.process = subprocess.Popen([self.args.bin + "/starhashd", "--config", self.config], stderr=self.log, env=environment)

    def ended(self):
        return self.process.poll() is not None

    def serves(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(self.socket) == 0

    def reads(self):
        """How many reads its store has answered at once, and how many a thread has."""
        links = subprocess.run([self.args.bin + "/starhash-vty", "--socket", self.vty, "show links"], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL).stdout.decode()
        found = re.search(r"(\d+) reads at once, (\d+) by thread", links)
        return tuple(map(int, found.groups())) if found else (0, 0)

    def accept_clock(self):
        """As an operator does after a step that is too large to be believed."""
        subprocess.run([self.args.bin + "/starhash-vty", "--socket", self.vty, "--enable", "clock accept"], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def kill(self):
        if not self.ended():
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self):
        if self.process and not self.ended():
            self.process.terminate()
            self.process.wait()


class Site:
    """An account database with one or two daemons, and the SMSC that they bind to."""

    def __init__(self, world, folder, port, daemons):
        self.world, self.folder, self.port = world, folder, port
        self.smsc, self.hlr, self.listeners = Smsc(), Hlr(), []
        os.makedirs(folder, exist_ok=True)
        self.daemons = [Daemon(world.args, folder, name) for name in ("", "-2")[:daemons]]
        self.turn = 0

    def rows(self, sql):
        database = sqlite3.connect("file:%s/accounts.db?mode=ro" % self.folder, uri=True)
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()

    async def open(self):
        self.listeners = [await asyncio.start_server(self.smsc.serve, self.world.host, self.port),
                          await asyncio.start_server(self.hlr.serve, self.world.host, self.port + HLR)]
        for daemon in self.daemons:
            write_config(self, daemon)
            daemon.start()
        await self.up()

    def close(self):
        for daemon in self.daemons:
            daemon.stop()
        for listener in self.listeners:
            listener.close()

    async def up(self):
        """Wait until a daemon serves. One that may not serve beside the other may end; restart it like a supervisor."""
        for _ in range(1500):
            for daemon in self.daemons:
                if daemon.ended() and len(self.daemons) == 1:
                    raise SystemExit("starhashd ended by itself, status %d: see starhashd.log" % daemon.process.returncode)
                if daemon.ended():
                    daemon.start()
                if daemon.serves():
                    return
            await asyncio.sleep(0.02)
        raise SystemExit("starhashd does not come up")

    async def kill(self, meanwhile=lambda: None):
        """Kill each in turn: with two, the one that was started first."""
        daemon = self.daemons[self.turn]
        self.turn = (self.turn + 1) % len(self.daemons)
        daemon.kill()
        if daemon.process.returncode != -signal.SIGKILL and len(self.daemons) == 1:
            raise SystemExit("starhashd ended by itself, status %d: see starhashd.log" % daemon.process.returncode)
        meanwhile()
        daemon.start()
        await self.up()


class Lost(Exception):
    """No answer came."""


class Console:
    """Dials on a local socket."""

    def __init__(self, site, number):
        self.site, self.world, self.number = site, site.world, number
        self.reader = self.writer = None

    async def connect(self):
        serving = [daemon.socket for daemon in self.site.daemons if daemon.serves()]
        if not serving:
            raise Lost
        self.reader, self.writer = await asyncio.open_unix_connection(random.choice(serving))
        self.writer.write(b"subscriber %s\n" % self.number.encode())

    async def page(self):
        lines = []
        while True:
            line = (await asyncio.wait_for(self.reader.readline(), ANSWER_S)).decode()
            if not line or line[0] == "!":
                raise Lost
            if line[0] in "?.":
                return " ".join(lines)
            self.world.received(self.number, line[2:].strip())
            if line[0] == "<":
                lines.append(line[2:].strip())

    async def say(self, text):
        try:
            if not self.writer:
                await self.connect()
            self.writer.write(b"> " + text.encode() + b"\n")
            return await self.page()
        except (OSError, asyncio.TimeoutError):
            raise Lost from None

    async def hang_up(self):
        if self.writer:
            self.writer.close()
        self.reader = self.writer = None

    async def begin(self, path, words):
        del words
        return await self.say("*100*%s#" % path)

    yes = "1"


class Handset:
    """Dials through the HLR, which passes only the IMSI."""

    def __init__(self, site, number, imsi):
        self.site, self.world, self.number, self.imsi = site, site.world, number, imsi
        self.session, self.link, self.invoke = 0, None, b""

    async def say_on(self, state, component):
        """The answer is an invocation: type, length, invoke id, operation, argument; or a result: invoke id, and both in one."""
        state, component = await self.site.hlr.ask(self.link, self.session, self.imsi, self.session, state, component)
        if state == Hlr.END:
            self.session = 0
        if not component:
            raise Lost
        self.invoke = component[4:5]
        inside = component[5:] if component[0] == 0xa1 else tlvs(component[5:])[0x30]
        page = unpack(tlvs(tlvs(inside)[0x30])[0x04])
        for line in page.split("\n"):
            self.world.received(self.number, line)
        return page.replace("\n", " ")

    @staticmethod
    def argument(text):
        return tlv(0x30, tlv(0x04, b"\x0f"), tlv(0x04, pack(text)))

    async def say(self, text):
        if not self.session:
            raise Lost
        component = tlv(0xa2, tlv(0x02, self.invoke), tlv(0x30, tlv(0x02, b"\x3c"), self.argument(text)))
        return await self.say_on(Hlr.CONTINUE, component)

    async def hang_up(self):
        if self.session and self.link in self.site.hlr.links:
            self.site.hlr.send(self.link, self.imsi, self.session, Hlr.END)
        self.session = 0

    async def begin(self, path, words):
        del words
        await self.hang_up()
        if not self.site.hlr.links:
            raise Lost
        self.link = self.site.hlr.links[-1]
        self.site.hlr.session += 1
        self.session = self.site.hlr.session
        component = tlv(0xa1, tlv(0x02, b"\1"), tlv(0x02, b"\x3b"), self.argument("*100*%s#" % path))
        return await self.say_on(Hlr.BEGIN, component)

    yes = "1"


class Texts:
    def __init__(self, site, number):
        self.smsc, self.world, self.number = site.smsc, site.world, number

    async def await_acknowledgement(self):
        """Wait until the texts are acknowledged: a late answer, or one repeated after a kill, must not count for the next text."""
        end = time.monotonic() + IDLE_S
        while self.smsc.holds(self.number) and time.monotonic() < end:
            await asyncio.sleep(0.01)
        inbox = self.smsc.inbox(self.number)
        if self.number in self.smsc.repeated:       # after its answer: there is another one to come
            self.smsc.repeated.discard(self.number)
            await self.answer(inbox)
        while not inbox.empty():
            self.world.received(self.number, inbox.get_nowait())

    async def answer(self, inbox):
        """The next text but notifications; None: there was none in time."""
        try:
            while True:
                text = await asyncio.wait_for(inbox.get(), ANSWER_S)
                self.world.received(self.number, text)
                if not text.startswith("NOTE"):
                    return text
        except asyncio.TimeoutError:
            return None

    async def say(self, text):
        await self.await_acknowledgement()
        inbox = self.smsc.inbox(self.number)
        self.smsc.text(self.number, text)
        answer = await self.answer(inbox)
        if not answer:
            raise Lost
        self.smsc.repeated.discard(self.number)
        return answer

    async def hang_up(self):
        pass

    async def begin(self, path, words):
        del path
        return await self.say(words)

    yes = "YES"


class Purchases:
    """Reports purchases by HTTP, as billing would: each until it is answered, and some once more. Each has an amount of its own."""

    def __init__(self, world, index):
        self.world, self.site = world, world.sites[0]
        self.random = random.Random("%s events %d" % (world.args.seed, index))
        self.index, self.count = index, 0
        self.answered = {}      # amount -> number

    async def post(self, event):
        body = json.dumps(event).encode()
        try:
            reader, writer = await asyncio.open_unix_connection(self.site.daemons[0].door)
        except OSError:
            raise Lost from None
        try:
            writer.write(b"POST /v1/events HTTP/1.1\r\nHost: door\r\nConnection: close\r\nContent-Type: application/json\r\n"
                         b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            answer = await asyncio.wait_for(reader.read(), ANSWER_S)
        except (OSError, asyncio.TimeoutError):
            raise Lost from None
        finally:
            writer.close()
        if not answer.startswith(b"HTTP/1.1 202"):
            raise Lost
        return answer

    async def report(self):
        self.count += 1
        amount = 100000 * (self.index + 1) + self.count
        number = self.random.choice(sorted(self.world.subscribers))
        event = {"id": "purchase-%d" % amount, "event": "purchase", "number": number, "amount": amount, "purchased_by": "web",
                 "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        while True:
            try:
                await self.post(event)
                break
            except Lost:
                await asyncio.sleep(0.05)
        self.answered[amount] = number
        if self.random.random() < 0.2:
            try:
                await self.post(event)
            except Lost:
                pass

    async def live(self):
        while not self.world.over:
            await self.report()
            await asyncio.sleep(self.random.random() * 0.02)


class Subscriber:
    def __init__(self, world, number, site, phone, password):
        self.world, self.number, self.phone, self.site = world, number, phone, site
        self.random = random.Random("%s %s" % (world.args.seed, number))
        self.yeses = 0
        self.answered_refs = set()
        self.passwords = {password}
        self.password_changes = 0
        self.wrong = 0          # guesses answered as wrong

    def take_answer(self, answer):
        words = answer.split()
        if len(words) > 1 and words[0] in ("DONE", "LATER"):
            self.answered_refs.add(words[1])

    async def order(self):
        opens, service = self.random.random() < 0.5, self.random.choice(SERVICES)
        page = await self.phone.begin("%d*%s" % (1 if opens else 2, service), "%s %s" % ("OPEN" if opens else "CANCEL", service))
        if not page.startswith("OPEN" if opens else "CANCEL"):
            return
        self.yeses += 1
        self.take_answer(await self.phone.say(self.phone.yes))

    async def change_password(self):
        old = self.random.choice(sorted(self.passwords))
        new = "%06d" % self.random.randrange(1000000)
        while new in ("123456", "654321") or len(set(new)) < 4:
            new = "%06d" % self.random.randrange(1000000)
        before = set(self.passwords)
        self.passwords = before | {new}
        answer = await self.phone.begin("3*%s*%s*%s" % (old, new, new), "PIN %s %s %s" % (old, new, new))
        if answer.startswith("CHANGED"):
            self.passwords = {new}
            self.password_changes += 1
        elif answer.startswith("WRONG"):
            self.passwords = before - {old}
            if not self.passwords:
                self.world.expect("password_confirmed_as_changed_is_right", False, self.number)
                self.passwords = before
        elif answer.startswith("WEAK"):
            self.passwords = {old}
        elif answer.startswith("LOCKED"):
            self.passwords = before

    async def guess(self):
        """A wrong password of six digits, which no subscriber has."""
        answer = await self.phone.begin("3*%s*801735*801735" % "135790", "PIN 135790 801735 801735")
        self.wrong += answer.startswith("WRONG")

    async def live(self, deed):
        while not self.world.over:
            await self.world.running.wait()
            self.world.busy += 1
            try:
                await deed()
            except Lost:
                await self.phone.hang_up()
                await asyncio.sleep(0.05)
            finally:
                self.world.busy -= 1
            await asyncio.sleep(self.random.random() * 0.05)


def own_host(chance):
    """A loopback address that no other test uses meanwhile, so that all of its ports are free."""
    return "127.%d.%d.%d" % tuple(chance.randrange(1, 255) for _ in range(3))


class World:
    def __init__(self, args):
        self.args = args
        self.over = False
        self.running = asyncio.Event()
        self.running.set()
        self.busy = 0           # subscribers who wait for an answer
        self.subscribers = {}
        self.messages = {}      # number -> references of orders whose end was received
        self.unasked = set()    # numbers that were answered "nothing was asked"
        self.answers = {}       # number and ticket -> how often the message of its answer came
        self.purchases = {}     # amount of a purchase -> how often its message came
        self.host, self.port = own_host(random.Random("%d %d" % (args.seed, os.getpid()))), PORT
        self.name = args.scenario + ("-later" if args.answers == "later" else "")
        self.failures = []
        self.kills = 0
        if args.scenario == "sites":
            self.sites = [Site(self, args.run + "/site%d" % at, self.port + 1 + at, 1) for at in (0, 1)]
        else:
            self.sites = [Site(self, args.run, self.port + 1, 2 if args.scenario == "standby" else 1)]

    def received(self, number, text):
        words = text.split()
        if words[:1] == ["PURCHASE"]:
            amount = number, int(re.sub(r"\D", "", words[1]))
            self.purchases[amount] = self.purchases.get(amount, 0) + 1
        if len(words) > 1 and words[0] in ("ANSWERED", "GRANTED"):
            ticket = number, int(words[1])
            self.answers[ticket] = self.answers.get(ticket, 0) + 1
        if len(words) > 1 and words[0] in ("NOTE", "DONE"):
            self.messages.setdefault(number, set()).add(words[1])
        elif text.startswith("Nothing was asked"):
            self.unasked.add(number)

    def expect(self, what, holds, detail=""):
        print("%s: %s: %s%s" % (self.name, what, "fine" if holds else "FAILED", "" if holds else " " + str(detail)[:2000]),
              flush=True)
        if not holds:
            self.failures.append(what)

    def rows(self, sql):
        return [row for site in self.sites for row in site.rows(sql)]

    def site_of(self, number):
        return self.subscribers[number].site

    async def kill(self, meanwhile=lambda: None):
        await self.sites[self.kills % len(self.sites)].kill(meanwhile)
        self.kills += 1


def tool(args, *words):
    return subprocess.run([args.bin + "/starhash-data", *words], check=True, stdout=subprocess.PIPE).stdout


def get(world, path):
    with urllib.request.urlopen("http://%s:%d%s" % (world.host, world.port, path)) as answer:
        return json.load(answer)


def write_config(site, daemon):
    with open(daemon.config, "w") as file:
        file.write('''menu = "%s";
accounts = "%s/accounts.db";
pepper = "%s/pepper";
vty_socket = "%s";
user = "%s";
inputs_per_minute = 0;
delay_target_ms = 0;
password_checks = 0;
password_tries = %d;
password_delays = "%s";
console = { socket = "%s"; };
sms = { addresses = "%s:%d"; numbers = "%s"; conversation_s = 60; trust = "password"; test = "1* 2* 3* 4* 5* 6* 7* 8* 9*"; };
gsup = { address = "%s"; port = %d; };
billing = { url = "http://%s:%d"; };
door = { socket = "%s"; };
messages = { rate = 0; quiet_from = "00:00"; quiet_until = "00:00"; };
''' % (site.world.args.menu, site.folder, site.folder, daemon.vty, getpass.getuser(), TRIES, " ".join(["1"] * 16), daemon.socket,
       site.world.host, site.port, SERVICE_NUMBER, site.world.host, site.port + HLR, site.world.host, site.world.port, daemon.door))


def start_billing(world):
    args = world.args
    people = args.run + "/people.jsonl"
    with open(people, "wb") as file:
        file.write(tool(args, "export", world.sites[0].folder + "/accounts.db"))
    log = open(args.run + "/billing.log", "wb")
    process = subprocess.Popen([sys.executable, args.billing, "--address", world.host, "--port", str(world.port),
                                "--database", args.run + "/billing.db", "--subscribers", people], stdout=log, stderr=log)
    for _ in range(200):
        try:
            faults = LATE_BILLING if args.answers == "later" else {}
            urllib.request.urlopen(urllib.request.Request("http://%s:%d/v1/faults" % (world.host, world.port), method="PUT",
                                                          data=json.dumps(faults).encode()))
            return process
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the billing server does not come up: see billing.log")


def make_people(world):
    """All start without services, so that the cache and billing agree. Sites know the same subscribers, and each serves its own."""
    args, first = world.args, world.sites[0]
    tool(args, "sample", first.folder + "/accounts.db", "--pepper", first.folder + "/pepper", "--subscribers", str(args.subscribers))
    database = sqlite3.connect(first.folder + "/accounts.db")
    database.execute("DELETE FROM subscription")
    database.execute("UPDATE subscriber SET services = '', status = 'active', language = 'en'")
    numbers = [str(row[0]) for row in database.execute("SELECT msisdn FROM subscriber ORDER BY msisdn")]
    imsis = {str(row[0]): "%015d" % row[1] for row in database.execute("SELECT msisdn, min(imsi) FROM sim GROUP BY msisdn")}
    database.commit()
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    for site in world.sites[1:]:
        for name in ("accounts.db", "pepper"):
            shutil.copy(first.folder + "/" + name, site.folder + "/" + name)
    for index, number in enumerate(numbers):
        site = world.sites[index // 2 % len(world.sites)]
        if index % 2 == 0 or args.scenario == "ack":
            phone = Texts(site, number)
        else:
            phone = Console(site, number) if index % 4 == 1 else Handset(site, number, imsis[number])
        world.subscribers[number] = Subscriber(world, number, site, phone, args.password)


async def wait_until(ready, seconds):
    end = time.monotonic() + seconds
    while not ready() and time.monotonic() < end:
        await asyncio.sleep(0.2)


async def await_completion(world):
    """Wait until nothing is in flight."""
    def completed():
        return not (world.rows("SELECT 1 FROM orders WHERE state = 'accepted'") or world.rows("SELECT 1 FROM notification WHERE ended IS NULL") or
                    any(site.smsc.waiting or site.smsc.queue for site in world.sites))

    await wait_until(completed, IDLE_S)
    for site in world.sites:
        for number, inbox in site.smsc.inboxes.items():
            while not inbox.empty():
                world.received(number, inbox.get_nowait())


def ref_text(number):
    """In printed form: the low 60 bits in Crockford's base 32."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    digits = "".join(alphabet[number >> shift & 31] for shift in range(55, -1, -5))
    return "-".join(digits[at:at + 4] for at in range(0, 12, 4))


def judge(world):
    restored = world.args.scenario == "backup"      # billing knows orders that the database has lost
    orders = world.rows("SELECT ref, msisdn, kind, service, state FROM orders ORDER BY id")
    refs = {ref_text(order[0]) for order in orders}
    effects, owners, of = {}, {}, {}
    for effect in get(world, "/v1/effects")["effects"]:
        ref = ref_text(int(effect["ref"], 16))
        effects[ref] = effects.get(ref, 0) + 1
        owners[ref] = effect["msisdn"]
        of[effect["msisdn"]] = of.get(effect["msisdn"], 0) + 1
    answered = {ref: number for number, who in world.subscribers.items() for ref in who.answered_refs}
    heard = {ref for found in world.messages.values() for ref in found} | set(answered)
    world.expect("nothing_is_left_waiting", all(order[4] != "accepted" for order in orders),
                 [order for order in orders if order[4] == "accepted"])
    world.expect("every_order_answered_has_one_effect", all(effects.get(ref) == 1 for ref in answered),
                 [(ref, answered[ref], effects.get(ref, 0)) for ref in answered if effects.get(ref) != 1])
    world.expect("every_order_answered_is_the_subscribers_own", all(owners.get(ref, answered[ref]) == answered[ref] for ref in answered),
                 [(ref, answered[ref], owners[ref]) for ref in answered if owners.get(ref, answered[ref]) != answered[ref]])
    world.expect("no_order_has_two_effects", all(count == 1 for count in effects.values()),
                 [ref for ref in effects if effects[ref] > 1])
    world.expect("no_reference_is_used_twice", len(refs) == len(orders), len(orders) - len(refs))
    done = {ref_text(order[0]) for order in orders if order[4] == "done"}
    world.expect("billing_and_outbox_agree", done <= set(effects) if restored else refs == set(effects), set(effects) ^ refs)
    world.expect("nobody_has_more_orders_than_yeses", all(of[number] <= world.subscribers[number].yeses for number in of),
                 [(number, of[number], world.subscribers[number].yeses) for number in of
                  if of[number] > world.subscribers[number].yeses])
    # orders that billing refused because the restored cache was wrong were reported without their reference
    silent = (done if restored else refs) - heard
    world.expect("every_order_was_reported", not silent,
                 [(ref_text(ref), number, type(world.subscribers[str(number)].phone).__name__, *rest) for ref, number, *rest in orders
                  if ref_text(ref) in silent])
    judge_references(world)
    judge_guesses(world)
    if not restored:
        judge_services(world)
    print("%s: %d orders, %d of them answered in the turn, %d effects" % (world.name, len(orders), len(answered),
                                                                    sum(effects.values())))
    return len(orders), len(answered)


def judge_references(world):
    """The orders that billing got under each reference, and its answers."""
    database = sqlite3.connect(world.args.run + "/billing.db")
    contents = {}
    for ref, body in database.execute("SELECT DISTINCT ref, body FROM delivery"):
        contents.setdefault(ref, []).append(body)
    conflicts = database.execute("SELECT ref, body FROM delivery WHERE status = 409").fetchall()
    database.close()
    world.expect("billing_sees_no_reference_with_two_contents", all(len(bodies) == 1 for bodies in contents.values()),
                 [(ref, bodies) for ref, bodies in contents.items() if len(bodies) > 1])
    world.expect("billing_sees_no_conflict", not conflicts, conflicts)


def judge_way(world):
    """Whether the answers came in the configured way."""
    later = world.args.answers == "later"
    reads = [daemon.reads() for site in world.sites for daemon in site.daemons]
    at_once, by_thread = (sum(kind) for kind in zip(*reads))
    world.expect("reads_went_%s" % ("through_threads" if later else "at_once"), by_thread and not at_once if later else at_once, reads)
    database = sqlite3.connect(world.args.run + "/billing.db")
    pending = database.execute("SELECT count(*) FROM delivery WHERE status = 202").fetchone()[0]
    database.close()
    world.expect("billing_answered_%s" % world.args.answers, bool(pending) == later, pending)


def judge_guesses(world):
    """A lock stands for TRIES of them."""
    counted = {str(row[0]): row[1] for row in world.rows("SELECT msisdn, locks * %d + tries FROM password ORDER BY 2" % TRIES)}
    missed = [(number, who.wrong, counted.get(number)) for number, who in world.subscribers.items()
              if who.wrong > counted.get(number, 0) and len(who.passwords) == 1 and not who.password_changes]
    world.expect("every_wrong_password_is_counted", not missed, missed)


def judge_services(world):
    cache = {(str(row[0]), row[1]) for site in world.sites for row in site.rows("SELECT msisdn, service FROM subscription")
             if world.site_of(str(row[0])) is site}
    billing = {(number, service["service"]) for number in world.subscribers
               for service in get(world, "/v1/subscribers/%s/services" % number)["services"]}
    world.expect("cache_and_billing_agree", cache == billing, cache ^ billing)


async def judge_passwords(world):
    """Each subscriber's password is one of the possible ones: changing it once more shows which."""
    wrong = []
    for number, who in world.subscribers.items():
        if who.wrong:
            continue        # locked permanently by now
        phone = Console(who.site, number)
        answers = []
        for old in sorted(who.passwords):
            while not answers or answers[-1].startswith("LOCKED") or not answers[-1]:
                answers.append(await phone.begin("3*%s*801735*801735" % old, ""))
                await asyncio.sleep(0.2)
            if answers[-1].startswith(("CHANGED", "WEAK")):
                break
            answers.append("")
        else:
            wrong.append((number, len(who.passwords), answers))
        await phone.hang_up()
    world.expect("passwords_are_those_confirmed", not wrong, wrong)
    changes = sum(who.password_changes for who in world.subscribers.values())
    print("%d passwords changed" % changes)
    return changes


def judge_files(world):
    for site in world.sites:
        check = subprocess.run([world.args.bin + "/starhash-data", "check", site.folder + "/accounts.db"],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = check.stdout.decode()
        if world.args.scenario == "backup":
            # consents given after the backup are lost, which the anchors, which were not restored, rightly report
            problems = [line for line in said.splitlines() if line.startswith("problem:") and " anchor" not in line]
            world.expect("ledger_and_database_are_whole_but_for_what_was_lost", not problems, said)
        else:
            world.expect("ledger_and_database_are_whole", check.returncode == 0, said)


# ---- scenarios ----

def deed_of(who, index):
    if index % 20 == 19:
        return who.guess
    return who.change_password if index % 10 < 2 else who.order


def start_lives(world):
    return [asyncio.ensure_future(who.live(deed_of(who, index))) for index, who in enumerate(world.subscribers.values())]


async def kill_while_they_live(world, meanwhile=lambda: None, at_least=0.0):
    tasks = start_lives(world)
    while world.kills < world.args.kills:
        await asyncio.sleep(at_least + random.random() ** 2 * 0.8)
        await world.kill(meanwhile)
    await end_lives(world, tasks)


async def standby(world):
    """Each has time to serve while the other waits for its end."""
    await kill_while_they_live(world, at_least=1.5)


def silent_phones(world):
    """Kinds of phone on which no order has been answered so far."""
    people = world.subscribers.values()
    return {type(who.phone).__name__ for who in people} - {type(who.phone).__name__ for who in people if who.answered_refs}


async def end_lives(world, tasks):
    """On a busy machine nothing may have succeeded so far."""
    await wait_until(lambda: any(who.password_changes for who in world.subscribers.values()) and not silent_phones(world), 30)
    print("%s: %d times killed; now everything may end" % (world.name, world.kills), flush=True)
    world.over = True
    await asyncio.gather(*tasks)


def set_clock(world, name, seconds):
    with open("%s/%s" % (world.args.run, name), "wb") as file:
        file.truncate(seconds)


def clock_steps(world):
    """Each process runs through the same seconds as the previous ones; now and then it is an hour earlier, or the right time, as at
    the end: items that wait through a repeated hour then need not wait longer."""
    began = time.time()

    def step():
        elapsed = int(time.time() - began)
        steps = (elapsed, elapsed, elapsed, elapsed + 1, elapsed + 7, elapsed + 3600, 0)
        set_clock(world, "behind", random.choice(steps) if world.kills + 1 < world.args.kills else 0)

    return step


async def clock(world):
    await kill_while_they_live(world, clock_steps(world), at_least=0.5)


async def text_yes(world, who, at_once):
    """A yes whose daemon is killed: when its acknowledgement is seen, or before that."""
    phone, site, killed = who.phone, who.site, asyncio.Event()

    def acknowledged(number, text):
        if (number, text) == (who.number, phone.yes) and not killed.is_set():
            site.daemons[0].kill()
            killed.set()

    page = ""
    while not page.startswith("OPEN"):
        try:
            page = await phone.begin("", "OPEN A")
        except Lost:
            pass
    who.yeses += 1
    site.smsc.acknowledged = acknowledged if at_once else lambda number, text: None
    site.smsc.text(who.number, phone.yes)
    if at_once:
        await asyncio.wait_for(killed.wait(), 2 * ANSWER_S)
    else:
        await asyncio.sleep(random.random() ** 2 * 0.005)
    site.smsc.acknowledged = lambda number, text: None
    await world.kill()


async def ack(world):
    people = list(world.subscribers.values())[:world.args.kills]
    for index, who in enumerate(people):
        await text_yes(world, who, index % 2 == 0)
    await await_completion(world)
    orders = {}
    for effect in get(world, "/v1/effects")["effects"]:
        orders[effect["msisdn"]] = orders.get(effect["msisdn"], 0) + 1
    count = {who.number: orders.get(who.number, 0) for who in people}
    wrong = {who.number: count[who.number] for who in people[::2] if count[who.number] != 1}
    world.expect("every_acknowledged_yes_is_one_order", not wrong, wrong)
    wrong = {who.number: count[who.number] for who in people[1::2] if count[who.number] != (who.number not in world.unasked)}
    world.expect("every_other_yes_is_one_order_or_was_said_to_be_none", not wrong, wrong)
    silent = [number for number in count if number not in world.messages and number not in world.unasked]
    world.expect("every_yes_was_answered", not silent, silent)


async def backup(world):
    """Orders made after the backup are done at billing and lost here: none of their references may be reused."""
    site, copy = world.sites[0], world.args.run + "/backup.db"
    tasks = start_lives(world)
    while world.kills < world.args.kills:
        await asyncio.sleep(0.3)
        before = {who: set(who.passwords) for who in world.subscribers.values()}
        wrong = {who: who.wrong for who in world.subscribers.values()}
        if os.path.exists(copy):
            os.unlink(copy)
        tool(world.args, "backup", site.folder + "/accounts.db", copy)
        for who, passwords in before.items():
            passwords |= who.passwords
        await asyncio.sleep(1)
        world.running.clear()
        await wait_until(lambda: not world.busy and not world.rows("SELECT 1 FROM orders WHERE state = 'accepted'"), 60)

        def restore():
            for end in ("", "-wal", "-shm"):
                if os.path.exists(site.folder + "/accounts.db" + end):
                    os.unlink(site.folder + "/accounts.db" + end)
            shutil.copy(copy, site.folder + "/accounts.db")

        await world.kill(restore)
        for who, passwords in before.items():
            who.passwords |= passwords
            who.wrong = wrong[who]
        world.running.set()
    await end_lives(world, tasks)


def neglected(number):
    """Some subscribers' tickets are answered by nobody, so that the answers become late."""
    return int(number) % 4 == 0


class Staff:
    """Answers complaints and grants disputes, one at a time. Now and then the tool is killed, too; then the same is tried once more."""

    def __init__(self, world):
        self.world, self.site = world, world.sites[0]
        self.random = random.Random("%s staff" % world.args.seed)
        self.done = {}          # (number, ticket) -> kind, of those that the tool said were done

    async def run(self, *words):
        process = await asyncio.create_subprocess_exec(self.world.args.bin + "/starhash-data", "tickets", self.site.folder + "/accounts.db",
                                                       *words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if self.random.random() < 0.3:
            await asyncio.sleep(self.random.random() * 0.3)
            try:
                process.kill()
            except ProcessLookupError:
                pass
        await process.communicate()
        return process.returncode == 0

    async def work(self, number, ticket, kind):
        number, name = str(number), "%08d" % ticket
        if kind == "dispute":
            words = (number, "grant", name, "You were right.", "--amount", "100", "--form", "credit", "--equal", "credit",
                     "--month", time.strftime("%Y-%m"),
                     "--config", self.site.daemons[0].config)
        else:
            words = number, "answer", name, "Done."
        if await self.run(*words):
            self.done[number, ticket] = kind

    def waiting(self):
        return [row for row in self.site.rows("SELECT msisdn, number, kind FROM ticket WHERE state = 'open'") if not neglected(row[0])]

    async def live(self):
        while not self.world.over:
            waiting = self.waiting()
            if waiting:
                await self.work(*self.random.choice(waiting))
            await asyncio.sleep(0.01)


class Complaints:
    """A subscriber's tickets, each with a text of its own."""

    def __init__(self, who):
        self.who, self.count = who, 0
        self.shown = {}         # number of a ticket -> text

    async def __call__(self):
        who, kind = self.who, "DISPUTE" if self.count == 0 else "COMPLAIN"
        self.count += 1
        text = "T%sx%d" % (who.number, self.count)
        words = (await who.phone.begin("%d*%s" % (6 if kind == "DISPUTE" else 5, text), "%s %s" % (kind, text))).split()
        if words[:1] == ["TICKET"]:
            self.shown[int(words[1])] = text
        await who.phone.hang_up()
        await asyncio.sleep(0.3)


async def tickets(world):
    site, staff = world.sites[0], Staff(world)
    complaints = [Complaints(who) for who in world.subscribers.values()]
    tasks = [asyncio.ensure_future(one.who.live(one)) for one in complaints] + [asyncio.ensure_future(staff.live())]
    step = clock_steps(world)
    while world.kills < world.args.kills:
        await asyncio.sleep(random.random() ** 2 * 0.8)
        await world.kill(step)
    world.over = True
    await asyncio.gather(*tasks)
    for number, ticket, kind in staff.waiting():
        await staff.work(number, ticket, kind)
    await await_completion(world)
    judge_tickets(world, complaints, staff)
    await pass_time(world, 37)
    judge_deadlines(world, "warned", "due <> first_due")
    await pass_time(world, 49)
    judge_deadlines(world, "late", "due <> 0")
    await pass_time(world, 49 + 24 * 7)
    judge_silence(world)


async def pass_time(world, hours):
    """The clock shows so many hours more. What is due then is done, though the daemon is killed while it works."""
    site, ahead = world.sites[0], hours * 3600
    set_clock(world, "ahead", ahead)
    for _ in range(6):
        await world.kill()
        await asyncio.sleep(random.random() * 0.1)
        site.daemons[0].accept_clock()
        await asyncio.sleep(random.random() * 0.2)
    due = "SELECT count(*) FROM ticket WHERE due BETWEEN 1 AND %d" % (time.time() + ahead)
    await wait_until(lambda: site.rows(due) == [(0,)], 90)


def judge_deadlines(world, event, wrong):
    """After the time to warn, or to answer, is over: each ticket that is owed an answer has its line, once and not before, and no other."""
    site = world.sites[0]
    late = site.rows("SELECT msisdn, number FROM ticket WHERE first_answered = 0 AND first_due <> opened + 172800 OR state = 'open' AND "
                     + wrong)
    world.expect("every_deadline_is_48_hours_after_the_opening", not late, late)
    lines = {row[:2]: row[2:] for row in site.rows("SELECT e.msisdn, e.number, count(*), min(time - first_due) FROM ticket_entry e JOIN ticket t"
             " ON t.msisdn = e.msisdn AND t.number = e.number WHERE event = '%s' GROUP BY 1, 2" % event)}
    unanswered = {row for row in site.rows("SELECT msisdn, number FROM ticket WHERE first_answered = 0")}
    world.expect("each_unanswered_ticket_is_%s_once" % event, set(lines) == unanswered and all(count == 1 for count, _ in lines.values()),
                 set(lines) ^ unanswered)
    early = -12 * 3600 if event == "warned" else 0
    world.expect("no_ticket_is_%s_early" % event, all(after >= early for _, after in lines.values()), lines)
    world.expect("some_tickets_are_" + event, lines, len(lines))


def judge_silence(world):
    rows = world.sites[0].rows("SELECT state, outcome, (SELECT count(*) FROM ticket_entry e WHERE e.msisdn = t.msisdn AND e.number = t.number"
                               " AND event = 'silence') FROM ticket t WHERE first_answered > 0")
    world.expect("silence_closes_each_answered_ticket_once", rows and all(row == ("closed", "silence", 1) for row in rows),
                 [row for row in rows if row != ("closed", "silence", 1)])


def judge_tickets(world, complaints, staff):
    site = world.sites[0]
    first = {(str(number), ticket): text for number, ticket, text in
             site.rows("SELECT msisdn, number, text FROM ticket_entry WHERE position = 1")}
    lost = [(one.who.number, ticket) for one in complaints for ticket, text in one.shown.items()
            if first.get((one.who.number, ticket)) != text]
    world.expect("every_ticket_shown_is_there_with_its_text", not lost, lost)
    world.expect("no_text_is_in_two_tickets", len(set(first.values())) == len(first), len(first))
    history = site.rows("SELECT msisdn, number, event, count(*) FROM ticket_entry WHERE event IN ('answered', 'granted') GROUP BY 1, 2, 3")
    twice = [row for row in history if row[3] != 1]
    world.expect("nothing_was_answered_or_granted_twice", not twice, twice)
    done = {(str(number), ticket) for number, ticket, _, _ in history}
    undone = set(staff.done) - done
    world.expect("everything_that_was_done_is_there", not undone, undone)
    credits = {}
    effects = {effect["ref"] for effect in get(world, "/v1/effects")["effects"]}
    for order in get(world, "/v1/orders")["orders"]:
        credits.setdefault((order["msisdn"], order["kind"]), []).append(order)
    granted = [(str(number), ticket) for number, ticket, event, _ in history if event == "granted"]
    kinds = ("refund", "compensation")
    wrong = [(number, kind) for number, _ in granted for kind in kinds
             if len(credits.get((number, kind), [])) != 1 or credits[number, kind][0]["ref"] not in effects]
    world.expect("each_dispute_granted_has_its_two_credits", not wrong, wrong)
    more = [key for key in credits if key[1] in kinds and key[0] not in {number for number, _ in granted}]
    world.expect("no_other_credits", not more, more)
    silent = [key for key in done if not world.answers.get(key)]
    world.expect("every_answer_was_sent", not silent, silent)
    again = sum(count - 1 for count in world.answers.values())
    world.expect("no_more_come_twice_than_were_in_flight_at_kills", again <= 32 * world.kills, again)
    world.expect("there_was_something_to_lose", len(done) > world.kills and granted, (len(done), len(granted)))
    print("%s: %d times killed, %d tickets, %d answered or granted, %d messages came twice" %
          (world.name, world.kills, len(first), len(done), again))


async def events(world):
    sources = [Purchases(world, index) for index in range(8)]
    tasks = [asyncio.ensure_future(source.live()) for source in sources]
    while world.kills < world.args.kills:
        await asyncio.sleep(random.random() ** 2 * 0.8)
        await world.kill()
    world.over = True
    await asyncio.gather(*tasks)
    await await_completion(world)
    answered = {(number, amount) for source in sources for amount, number in source.answered.items()}
    lost = answered - set(world.purchases)
    twice = sum(count - 1 for count in world.purchases.values())
    world.expect("every_event_answered_has_its_message", not lost, sorted(lost))
    world.expect("no_message_without_an_event", set(world.purchases) <= answered, sorted(set(world.purchases) - answered))
    world.expect("no_more_come_twice_than_were_in_flight_at_kills", twice <= 32 * world.kills, twice)
    world.expect("there_was_something_to_lose", len(answered) > world.kills, len(answered))
    print("%s: %d times killed, %d events, %d messages came twice" % (world.name, world.kills, len(answered), twice))


SCENARIOS = {"kill": kill_while_they_live, "ack": ack, "clock": clock, "standby": standby, "backup": backup,
             "sites": kill_while_they_live, "events": events, "tickets": tickets}


async def main(args):
    world = World(args)
    random.seed(args.seed)
    make_people(world)
    billing = start_billing(world)
    try:
        for site in world.sites:
            await site.open()
        await SCENARIOS[args.scenario](world)
        if args.scenario in ("events", "tickets"):
            return 1 if world.failures else 0
        await await_completion(world)
        orders, answered = judge(world)
        judge_way(world)
        if args.scenario == "ack":
            world.expect("there_was_something_to_lose", orders, orders)
        else:
            changes = await judge_passwords(world)
            world.expect("there_was_something_to_lose", orders > args.kills // 4 and answered and changes, (orders, answered, changes))
            world.expect("orders_were_answered_on_every_kind_of_phone", not silent_phones(world), silent_phones(world))
    finally:
        world.over = True       # also after an exception: one life may miss its cancellation
        for site in world.sites:
            site.close()
        billing.terminate()
    judge_files(world)
    return 1 if world.failures else 0


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("--bin", "--billing", "--menu", "--run"):
        parser.add_argument(name, required=True)
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), default="kill")
    parser.add_argument("--answers", choices=("now", "later"), default="now")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--subscribers", type=int, default=40)
    parser.add_argument("--password", default="246810", help="of the sample subscribers")
    parser.add_argument("--preload", default="", help="libraries between blanks, tests/system/clock_shim.c's or disk_shim.c's among them")
    return parser.parse_args()


if __name__ == "__main__":
    arguments = options()
    print("%s, answers %s: seed %d" % (arguments.scenario, arguments.answers, arguments.seed), flush=True)
    sys.exit(asyncio.run(main(arguments)))
