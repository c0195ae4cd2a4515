#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Kills starhashd at random moments while subscribers order services and change passwords on the console and by short message,
with the sample billing server behind it. Then everything is counted:

- each order that a subscriber was told of has had its effect at billing, exactly once;
- no order has had two effects, and nobody has more orders than times he said yes;
- billing, the account cache and the outbox agree, and nothing is left waiting;
- each order's end was told to its subscriber;
- the password is the one that was told, or, where the answer was lost, the old or the new one;
- the ledger of consent is whole, and so is the database.

Usage: chaos.py --bin FOLDER --billing BILLING.PY --menu MENU.CFG --run FOLDER [--kills N] [--seed N] [--subscribers N]
"""
import argparse
import asyncio
import json
import os
import random
import signal
import sqlite3
import struct
import subprocess
import sys
import time
import urllib.request

SERVICES = "ABC"
SERVICE_NUMBER = "10086"
ANSWER_S = 8.0
SETTLE_S = 180.0

SUBMIT_SM, DELIVER_SM, ENQUIRE_LINK, UNBIND = 0x04, 0x05, 0x15, 0x06
BINDS = {0x01: "receiver", 0x02: "transmitter", 0x09: "transceiver"}
RESPONSE = 0x80000000


def cstring(data, at):
    end = data.index(0, at)
    return data[at:end].decode("latin-1"), end + 1


class Smsc:
    """As an SMSC does: what was not acknowledged is delivered again, the same text under the same reference."""

    def __init__(self):
        self.writer = None
        self.sequence = 0
        self.waiting = {}       # sequence of a deliver_sm -> its text
        self.queue = []         # texts to be delivered
        self.inboxes = {}       # number -> asyncio.Queue
        self.reference = 0

    def inbox(self, number):
        return self.inboxes.setdefault(number, asyncio.Queue())

    def text(self, number, text):
        self.reference = self.reference % 65535 + 1
        self.queue.append((number, text, self.reference))
        self.deliver()

    def put(self, command, status, sequence, body=b""):
        self.writer.write(struct.pack(">IIII", 16 + len(body), command, status, sequence) + body)

    def deliver(self):
        while self.writer and self.queue:
            number, text, reference = message = self.queue.pop(0)
            self.sequence += 1
            self.waiting[self.sequence] = message
            body = (b"\0\1\1" + number.encode() + b"\0\0\1" + SERVICE_NUMBER.encode() + b"\0" + b"\0\0\0" + b"\0\0" +
                    b"\0\0\0\0" + bytes([len(text)]) + text.encode() + struct.pack(">HHH", 0x0204, 2, reference))
            self.put(DELIVER_SM, 0, self.sequence, body)

    def take_submit(self, sequence, body):
        at = cstring(body, 0)[1] + 2
        at = cstring(body, at)[1] + 2
        number, at = cstring(body, at)
        at += 3
        at = cstring(body, at)[1]
        at = cstring(body, at)[1] + 4
        text = body[at + 1:at + 1 + body[at]].decode("latin-1")
        self.put(SUBMIT_SM | RESPONSE, 0, sequence, b"%d\0" % self.sequence)
        self.inbox(number).put_nowait(text)

    async def later(self, message):
        await asyncio.sleep(0.1)
        self.queue.append(message)
        self.deliver()

    def take(self, command, status, sequence, body):
        if command in BINDS:
            self.put(command | RESPONSE, 0, sequence, b"chaos\0")
            self.deliver()
        elif command == SUBMIT_SM:
            self.take_submit(sequence, body)
        elif command == DELIVER_SM | RESPONSE:
            message = self.waiting.pop(sequence, None)
            if status and message:
                asyncio.ensure_future(self.later(message))
        elif command in (ENQUIRE_LINK, UNBIND):
            self.put(command | RESPONSE, 0, sequence)

    async def serve(self, reader, writer):
        self.writer = writer
        try:
            while True:
                length, command, status, sequence = struct.unpack(">IIII", await reader.readexactly(16))
                self.take(command, status, sequence, await reader.readexactly(length - 16))
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        if self.writer is writer:
            self.writer = None
        self.queue = [self.waiting.pop(key) for key in sorted(self.waiting)] + self.queue
        writer.close()


class Daemon:
    """starhashd, killed and started again."""

    def __init__(self, args, config):
        self.args, self.config = args, config
        self.process = None
        self.kills = 0
        self.log = open(args.run + "/starhashd.log", "ab")

    def start(self):
        socket = self.args.run + "/console"
        if os.path.exists(socket):
            os.unlink(socket)
        self.process = subprocess.Popen([self.args.bin + "/starhashd", "--config", self.config], stderr=self.log)

    async def up(self):
        socket = self.args.run + "/console"
        for _ in range(600):
            if os.path.exists(socket):
                return
            if self.process.poll() is not None:
                raise SystemExit("starhashd ended by itself, status %d: see starhashd.log" % self.process.returncode)
            await asyncio.sleep(0.02)
        raise SystemExit("starhashd does not come up")

    async def kill(self):
        if self.process.poll() is not None:
            raise SystemExit("starhashd ended by itself, status %d: see starhashd.log" % self.process.returncode)
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.kills += 1
        self.start()
        await self.up()


class Lost(Exception):
    """The answer did not come."""


class Console:
    def __init__(self, world, number):
        self.world, self.number = world, number
        self.reader = self.writer = None

    async def connect(self):
        self.reader, self.writer = await asyncio.open_unix_connection(self.world.args.run + "/console")
        self.writer.write(b"subscriber %s\n" % self.number.encode())

    async def page(self):
        lines = []
        while True:
            line = (await asyncio.wait_for(self.reader.readline(), ANSWER_S)).decode()
            if not line or line[0] == "!":
                raise Lost
            if line[0] in "?.":
                return " ".join(lines)
            self.world.told(self.number, line[2:].strip())
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

    def hang_up(self):
        if self.writer:
            self.writer.close()
        self.reader = self.writer = None

    async def begin(self, path, words):
        del words
        return await self.say("*100*%s#" % path)

    yes = "1"


class Texts:
    def __init__(self, world, number):
        self.world, self.number = world, number

    async def say(self, text):
        inbox = self.world.smsc.inbox(self.number)
        self.world.smsc.text(self.number, text)
        try:
            while True:
                answer = await asyncio.wait_for(inbox.get(), ANSWER_S)
                self.world.told(self.number, answer)
                if not answer.startswith("TOLD"):
                    return answer
        except asyncio.TimeoutError:
            raise Lost from None

    def hang_up(self):
        pass

    async def begin(self, path, words):
        del path
        return await self.say(words)

    yes = "YES"


class Subscriber:
    def __init__(self, world, number, phone, password):
        self.world, self.number, self.phone = world, number, phone
        self.random = random.Random("%s %s" % (world.args.seed, number))
        self.yeses = 0
        self.told_refs = set()
        self.passwords = {password}
        self.password_changes = 0

    def take_answer(self, answer):
        words = answer.split()
        if len(words) > 1 and words[0] in ("DONE", "LATER"):
            self.told_refs.add(words[1])

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
                raise SystemExit("%s: a password that was told as changed is called wrong" % self.number)
        elif answer.startswith("WEAK"):
            self.passwords = {old}
        elif answer.startswith("LOCKED"):
            self.passwords = before

    async def live(self, deed):
        while not self.world.over:
            try:
                await deed()
            except Lost:
                self.phone.hang_up()
                await asyncio.sleep(0.05)
            await asyncio.sleep(self.random.random() * 0.05)


class World:
    def __init__(self, args):
        self.args = args
        self.over = False
        self.smsc = Smsc()
        self.subscribers = {}
        self.messages = {}      # number -> references of orders whose end arrived, whatever the subscriber waited for
        self.port = 20000 + random.Random(args.seed + os.getpid()).randrange(20000)
        self.failures = []

    def told(self, number, text):
        words = text.split()
        if len(words) > 1 and words[0] in ("TOLD", "DONE"):
            self.messages.setdefault(number, set()).add(words[1])

    def expect(self, what, holds, detail=""):
        print("%s: %s%s" % (what, "fine" if holds else "FAILED", "" if holds else " " + str(detail)[:2000]), flush=True)
        if not holds:
            self.failures.append(what)


def tool(args, *words):
    return subprocess.run([args.bin + "/starhash-data", *words], check=True, stdout=subprocess.PIPE).stdout


def get(world, path):
    with urllib.request.urlopen("http://127.0.0.1:%d%s" % (world.port, path)) as answer:
        return json.load(answer)


def write_config(world):
    args = world.args
    config = args.run + "/starhash.cfg"
    with open(config, "w") as file:
        file.write('''menu = "%s";
accounts = "%s/accounts.db";
pepper = "%s/pepper";
vty_port = 0;
inputs_per_minute = 0;
password_tries = 20;
password_delays = "%s";
console = { socket = "%s/console"; };
sms = { addresses = "127.0.0.1:%d"; numbers = "%s"; conversation_s = 60; test = "1* 2* 3* 4* 5* 6* 7* 8* 9*"; };
billing = { url = "http://127.0.0.1:%d"; };
''' % (args.menu, args.run, args.run, " ".join(["1"] * 16), args.run, world.port + 1, SERVICE_NUMBER, world.port))
    return config


def rows(world, sql):
    database = sqlite3.connect("file:%s/accounts.db?mode=ro" % world.args.run, uri=True)
    try:
        return database.execute(sql).fetchall()
    finally:
        database.close()


def start_billing(world):
    args = world.args
    people = args.run + "/people.jsonl"
    with open(people, "wb") as file:
        file.write(tool(args, "export", args.run + "/accounts.db"))
    log = open(args.run + "/billing.log", "wb")
    process = subprocess.Popen([sys.executable, args.billing, "--port", str(world.port), "--database", args.run + "/billing.db",
                                "--subscribers", people], stdout=log, stderr=log)
    for _ in range(200):
        try:
            get(world, "/v1/orders")
            return process
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the billing server does not come up: see billing.log")


def make_people(world):
    """Everybody starts with no services, so that the cache and billing agree."""
    args = world.args
    tool(args, "sample", args.run + "/accounts.db", "--pepper", args.run + "/pepper", "--subscribers", str(args.subscribers))
    database = sqlite3.connect(args.run + "/accounts.db")
    database.execute("DELETE FROM subscription")
    database.execute("UPDATE subscriber SET services = '', status = 'active', language = 'en'")
    numbers = [str(row[0]) for row in database.execute("SELECT msisdn FROM subscriber ORDER BY msisdn")]
    database.commit()
    database.close()
    for index, number in enumerate(numbers):
        phone = (Console if index % 2 else Texts)(world, number)
        world.subscribers[number] = Subscriber(world, number, phone, args.password)


async def settle(world):
    """Until nothing waits any more."""
    end = time.monotonic() + SETTLE_S
    while time.monotonic() < end:
        left = rows(world, "SELECT count(*) FROM orders WHERE state = 'taken'")[0][0] + \
            rows(world, "SELECT count(*) FROM notice")[0][0]
        if not left:
            break
        await asyncio.sleep(0.5)
    for number, inbox in world.smsc.inboxes.items():
        while not inbox.empty():
            world.told(number, inbox.get_nowait())


def ref_text(number):
    """As people read it: the low 60 bits in Crockford's base 32."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    digits = "".join(alphabet[number >> shift & 31] for shift in range(55, -1, -5))
    return "-".join(digits[at:at + 4] for at in range(0, 12, 4))


def judge(world):
    orders = rows(world, "SELECT ref, msisdn, kind, service, state FROM orders ORDER BY id")
    refs = {ref_text(order[0]) for order in orders}
    effects = {}
    for effect in get(world, "/v1/effects")["effects"]:
        ref = ref_text(int(effect["ref"], 16))
        effects[ref] = effects.get(ref, 0) + 1
    told = {ref: number for number, who in world.subscribers.items() for ref in who.told_refs}
    heard = {ref for found in world.messages.values() for ref in found} | set(told)
    of = {}
    for order in orders:
        of[str(order[1])] = of.get(str(order[1]), 0) + 1
    world.expect("nothing_is_left_waiting", all(order[4] != "taken" for order in orders),
                 [order for order in orders if order[4] == "taken"])
    world.expect("every_order_told_has_one_effect", all(effects.get(ref) == 1 for ref in told),
                 [(ref, told[ref], effects.get(ref, 0)) for ref in told if effects.get(ref) != 1])
    world.expect("no_order_has_two_effects", all(count == 1 for count in effects.values()),
                 [ref for ref in effects if effects[ref] > 1])
    world.expect("billing_and_outbox_agree", set(effects) == refs, set(effects) ^ refs)
    world.expect("nobody_has_more_orders_than_yeses", all(of[number] <= world.subscribers[number].yeses for number in of),
                 [(number, of[number], world.subscribers[number].yeses) for number in of
                  if of[number] > world.subscribers[number].yeses])
    world.expect("every_order_was_told", refs <= heard, refs - heard)
    judge_services(world)
    print("%d orders, %d of them told in the turn, %d effects" % (len(orders), len(told), sum(effects.values())))
    return len(orders), len(told)


def judge_services(world):
    cache = {(str(row[0]), row[1]) for row in rows(world, "SELECT msisdn, service FROM subscription")}
    billing = {(number, service["service"]) for number in world.subscribers
               for service in get(world, "/v1/subscribers/%s/services" % number)["services"]}
    world.expect("cache_and_billing_agree", cache == billing, cache ^ billing)


async def judge_passwords(world):
    """Each line's password is one of those that it may be: changing it once more proves which."""
    wrong = []
    for number, who in world.subscribers.items():
        phone = Console(world, number)
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
        phone.hang_up()
    world.expect("passwords_are_those_told", not wrong, wrong)
    changes = sum(who.password_changes for who in world.subscribers.values())
    print("%d passwords changed" % changes)
    return changes


def judge_files(world):
    check = subprocess.run([world.args.bin + "/starhash-data", "check", world.args.run + "/accounts.db"],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    world.expect("ledger_and_database_are_whole", check.returncode == 0, check.stdout.decode())


async def main(args):
    world = World(args)
    random.seed(args.seed)
    make_people(world)
    billing = start_billing(world)
    smsc = await asyncio.start_server(world.smsc.serve, "127.0.0.1", world.port + 1)
    daemon = Daemon(args, write_config(world))
    try:
        daemon.start()
        await daemon.up()
        tasks = []
        for index, who in enumerate(world.subscribers.values()):
            tasks.append(asyncio.ensure_future(who.live(who.change_password if index % 10 < 2 else who.order)))
        while daemon.kills < args.kills:
            await asyncio.sleep(random.random() ** 2 * 0.8)
            await daemon.kill()
        print("%d times killed; now everything may end" % daemon.kills, flush=True)
        world.over = True
        await asyncio.gather(*tasks)
        await settle(world)
        orders, told = judge(world)
        changes = await judge_passwords(world)
        world.expect("there_was_something_to_lose", orders > args.kills // 4 and told and changes, (orders, told, changes))
    finally:
        if daemon.process.poll() is None:
            daemon.process.terminate()
            daemon.process.wait()
        smsc.close()
        billing.terminate()
    judge_files(world)
    return 1 if world.failures else 0


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("--bin", "--billing", "--menu", "--run"):
        parser.add_argument(name, required=True)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--subscribers", type=int, default=40)
    parser.add_argument("--password", default="246810", help="of the sample subscribers")
    return parser.parse_args()


if __name__ == "__main__":
    arguments = options()
    print("seed %d" % arguments.seed, flush=True)
    sys.exit(asyncio.run(main(arguments)))
