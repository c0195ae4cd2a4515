#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A sample billing system for demonstrations and tests: owns accounts, accepts orders, and misbehaves on request.

It needs only Python's standard library, and stores everything in one SQLite database. openapi.yaml beside it is its contract.
It also has a small loyalty service, with loyalty.yaml as its contract, to show how a menu calls an operator's own HTTP services, and
reports events to starhashd, with ../door/events.yaml as the contract.
By default it listens on this machine only. It is not made for real subscribers."""

import argparse
import contextlib
import datetime
import hashlib
import hmac
import http.client
import http.server
import json
import pathlib
import re
import socket
import sqlite3
import ssl
import sys
import threading
import time
import urllib.parse
import uuid

SCHEMA = """
CREATE TABLE IF NOT EXISTS subscriber (msisdn TEXT PRIMARY KEY, imsi TEXT, imsi2 TEXT, data TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS subscriber_imsi ON subscriber (imsi);
CREATE INDEX IF NOT EXISTS subscriber_imsi2 ON subscriber (imsi2);
CREATE TABLE IF NOT EXISTS orders (
    ref TEXT PRIMARY KEY, msisdn TEXT NOT NULL, kind TEXT NOT NULL, service TEXT, body TEXT NOT NULL,
    state TEXT NOT NULL, reason TEXT, ready_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS delivery (id INTEGER PRIMARY KEY, ref TEXT, at REAL NOT NULL, body TEXT, status INTEGER);
CREATE TABLE IF NOT EXISTS effect (
    id INTEGER PRIMARY KEY, ref TEXT NOT NULL, msisdn TEXT NOT NULL, kind TEXT NOT NULL, service TEXT, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS redemption (
    key TEXT PRIMARY KEY, msisdn TEXT NOT NULL, offer TEXT NOT NULL, deliveries INTEGER NOT NULL, answer TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS event (
    id TEXT PRIMARY KEY, body TEXT NOT NULL, deliveries INTEGER NOT NULL, result TEXT);
CREATE INDEX IF NOT EXISTS event_waiting ON event (id) WHERE result IS NULL;
"""

PROFILE = ("account", "brand", "status", "language", "balance", "owed", "valid_until", "bill_month", "bill_total",
           "tariff", "billed", "registered", "owner", "id_number")
KINDS = ("service-activate", "service-deactivate", "trial-accept", "line-suspend", "line-resume", "service-change", "refund",
         "compensation")
FAULTS = {"slow_ms": int, "status": int, "retry_after": int, "body": str, "drop": str, "pending_s": (int, float),
          "refuse": str, "times": int, "only": str, "location": str}
BODIES = ("bad-json", "other-number", "negative", "empty", "huge", "cut", "twice")
BODY_MAX = 65536
SIGNATURE_S = 300       # a signature may be this old
EVENTS_MAX = 100        # in one request
EVENTS_RETRY_S = 1

# What points can be redeemed for.
OFFERS = [
    {"id": "TEA", "points": 10, "name": {"en": "A cup of tea", "zh": "一杯茶", "ar": "كوب شاي"}},
    {"id": "MIN30", "points": 25, "name": {"en": "30 minutes", "zh": "30分钟通话", "ar": "30 دقيقة"}},
    {"id": "GB1", "points": 120, "name": {"en": "1 GB data", "zh": "1GB流量", "ar": "1 غيغابايت"}},
]


class Problem(Exception):
    """An answer that reports an error."""

    def __init__(self, status, reason, **more):
        super().__init__(reason)
        self.status = status
        self.body = {"reason": reason, **more}


def imsis_of(account):
    """One IMSI, a list of them, or one under each of two names."""
    imsi = account.get("imsi") or []
    imsis = [imsi] if isinstance(imsi, str) else list(imsi)
    if account.get("imsi2"):
        imsis.append(account["imsi2"])
    return (imsis + [None, None])[:2]


class Database:
    """Subscribers, orders and their effects. One lock: each call is one transaction, durable when it returns."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.executescript(SCHEMA)

    @contextlib.contextmanager
    def transaction(self):
        with self.lock:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

    def fill(self, lines, how="IGNORE"):
        """Add subscribers from JSON Lines, as "starhash-data export" writes them. Known subscribers stay unchanged, unless
        how is REPLACE."""
        count = 0
        with self.transaction() as db:
            for line in lines:
                # an export also has lines of services, and an end mark
                account = json.loads(line) if line.startswith("{") else {}
                if not account.get("msisdn"):
                    continue
                imsis = imsis_of(account)
                db.execute(f"INSERT OR {how} INTO subscriber VALUES (?, ?, ?, ?)",
                           (account["msisdn"], *imsis, json.dumps(account)))
                count += 1
        return count

    @staticmethod
    def row(db, by, number):
        """A subscriber by "msisdn" or "imsi"; None when there is none."""
        where = "msisdn = ?1" if by == "msisdn" else "imsi = ?1 OR imsi2 = ?1"
        found = db.execute(f"SELECT msisdn, imsi, imsi2, data FROM subscriber WHERE {where}", (number,)).fetchone()
        if not found:
            return None
        account = json.loads(found[3])
        account.update(msisdn=found[0], imsi=found[1], imsi2=found[2])
        return account

    def account(self, by, number):
        with self.transaction() as db:
            account = self.row(db, by, number)
            if not account:
                raise Problem(404, "unknown-subscriber")
            complete_due(db, account["msisdn"])
            return self.row(db, by, number)

    def order(self, ref, body, faults):
        """Accept an order, or repeat its state. Each delivery is recorded; the order takes effect once."""
        text = json.dumps(body, sort_keys=True)
        with self.transaction() as db:
            delivery = db.execute("INSERT INTO delivery (ref, at, body) VALUES (?, ?, ?)",
                                  (ref, time.time(), text)).lastrowid
            known = db.execute("SELECT body FROM orders WHERE ref = ?", (ref,)).fetchone()
            if not known and not self.row(db, "msisdn", body["msisdn"]):
                status, answer = 404, {"reason": "unknown-subscriber"}
            elif known and known[0] != text:
                status, answer = 409, {"reason": "conflict"}
            else:
                if not known:
                    order_insert(db, ref, body, text, faults)
                complete_due(db, body["msisdn"])
                status, answer = order_answer(db, ref, known)
            db.execute("UPDATE delivery SET status = ? WHERE id = ?", (status, delivery))
        return status, answer

    def redeem(self, key, msisdn, offer):
        """Spend points on an offer; the same key again gets the same answer. Returns status and answer."""
        with self.transaction() as db:
            known = db.execute("SELECT msisdn, offer, answer FROM redemption WHERE key = ?", (key,)).fetchone()
            if known:
                db.execute("UPDATE redemption SET deliveries = deliveries + 1 WHERE key = ?", (key,))
                return (200, json.loads(known[2])) if known[:2] == (msisdn, offer["id"]) else (409, {"code": "CONFLICT"})
            account = self.row(db, "msisdn", msisdn)
            if not account:
                return 404, {"code": "UNKNOWN"}
            left = (account.get("points") or 0) - offer["points"]
            if left < 0:
                return 422, {"code": "POINTS"}
            account["points"] = left
            answer = {"state": "done", "points": left, "voucher": hashlib.sha256(key.encode()).hexdigest()[:8].upper()}
            db.execute("UPDATE subscriber SET data = ? WHERE msisdn = ?", (json.dumps(account), msisdn))
            db.execute("INSERT INTO redemption VALUES (?, ?, ?, 1, ?)", (key, msisdn, offer["id"], json.dumps(answer)))
            return 200, answer

    def event_add(self, msisdn, body):
        """Something happens to a subscriber: change the account, and store the event until starhashd has taken it, in one transaction.
        The same id again changes nothing. Returns the id."""
        body = {"id": uuid.uuid4().hex, "time": int(time.time()), **body, "number": msisdn}
        with self.transaction() as db:
            account = self.row(db, "msisdn", msisdn)
            if not account:
                raise Problem(404, "unknown-subscriber")
            if not db.execute("INSERT OR IGNORE INTO event VALUES (?, ?, 0, NULL)", (str(body["id"]), json.dumps(body))).rowcount:
                return body["id"]
            name, sign = ("owed", 1) if account.get("account") == "postpaid" else ("balance", -1)
            sign = {"purchase": sign, "payment": -sign}.get(body.get("event"), 0)
            account[name] = max((account.get(name) or 0) + sign * int(body.get("amount") or 0), 0)
            db.execute("UPDATE subscriber SET data = ? WHERE msisdn = ?", (json.dumps(account), msisdn))
        return body["id"]

    def events_waiting(self):
        with self.transaction() as db:
            found = db.execute("SELECT id, body FROM event WHERE result IS NULL ORDER BY rowid LIMIT ?", (EVENTS_MAX,)).fetchall()
            db.executemany("UPDATE event SET deliveries = deliveries + 1 WHERE id = ?", [(row[0],) for row in found])
            return found

    def events_done(self, results):
        with self.transaction() as db:
            db.executemany("UPDATE event SET result = ? WHERE id = ?", [(json.dumps(result), key) for key, result in results])

    def rows(self, query, *parameters):
        with self.lock:
            cursor = self.connection.execute(query, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row)) for row in cursor]


def order_insert(db, ref, body, text, faults):
    refused = faults.get("refuse") or refusal(Database.row(db, "msisdn", body["msisdn"]), body)
    db.execute("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
               (ref, body["msisdn"], body["kind"], body.get("service"), text, "refused" if refused else "pending",
                refused, time.time() + faults.get("pending_s", 0)))


def order_answer(db, ref, known):
    state, reason = db.execute("SELECT state, reason FROM orders WHERE ref = ?", (ref,)).fetchone()
    answer = {"ref": ref, "state": state}
    if reason:
        answer["reason"] = reason
    return {"refused": 422, "pending": 202}.get(state, 200 if known else 201), answer


def complete_due(db, msisdn):
    """Carry out the orders that are due, in the order in which they came."""
    due = db.execute("SELECT ref, body FROM orders WHERE msisdn = ? AND state = 'pending' AND ready_at <= ? "
                     "ORDER BY rowid", (msisdn, time.time())).fetchall()
    for ref, text in due:
        body = json.loads(text)
        account = Database.row(db, "msisdn", msisdn)
        reason = refusal(account, body)
        if not reason:
            effect_do(db, ref, account, body)
        db.execute("UPDATE orders SET state = ?, reason = ? WHERE ref = ?",
                   ("refused" if reason else "done", reason, ref))


def refusal(account, body):
    """Why an order cannot be carried out; None when it can."""
    has = {service["service"] for service in account.get("subscriptions", [])}
    service = body.get("service")
    if body["kind"] == "service-change" and body.get("instead") not in has:
        return "not-active"
    if body["kind"] in ("service-activate", "service-change") and service in has:
        return "duplicate"
    if body["kind"] in ("service-deactivate", "trial-accept") and service not in has:
        return "not-active"
    return None


def credit_do(account, body):
    """A voucher or cash is handed out, a credit changes what the account holds or owes, and so does one on the next bill."""
    if body.get("form") not in ("credit", "bill"):
        return
    if account.get("account") == "postpaid":
        account["owed"] = (account.get("owed") or 0) - int(body["amount"])
    else:
        account["balance"] = (account.get("balance") or 0) + int(body["amount"])


def effect_do(db, ref, account, body):
    services = account.setdefault("subscriptions", [])
    kind, service = body["kind"], body.get("service")
    if kind in ("service-deactivate", "service-change"):
        gone = service if kind == "service-deactivate" else body.get("instead")
        services = account["subscriptions"] = [one for one in services if one["service"] != gone]
    if kind in ("service-activate", "service-change"):
        since = body.get("effective") or datetime.date.today().isoformat()
        services.append({"service": service, "since": since})
        if body.get("trial_until"):
            services[-1]["trial_until"] = body["trial_until"]
    elif kind == "trial-accept":
        for one in services:
            if one["service"] == service:
                one.pop("trial_until", None)
    elif kind in ("refund", "compensation"):
        credit_do(account, body)
    elif kind in ("line-suspend", "line-resume"):
        account["status"] = "suspended" if kind == "line-suspend" else "active"
    db.execute("UPDATE subscriber SET data = ? WHERE msisdn = ?", (json.dumps(account), account["msisdn"]))
    db.execute("INSERT INTO effect (ref, msisdn, kind, service, at) VALUES (?, ?, ?, ?, ?)",
               (ref, account["msisdn"], kind, service, time.time()))


def document(account, what):
    """The document of one subscriber for one resource."""
    answer = {name: account[name] for name in ("msisdn", "imsi", "imsi2") if account.get(name)}
    answer["as_of"] = int(time.time())
    if what == "profile":
        answer.update({name: account[name] for name in PROFILE if account.get(name) is not None})
    elif what == "bills":
        answer["bills"] = account.get("bills", [])
    elif what == "points":
        answer["points"] = account.get("points") or 0
        answer["entries"] = account.get("points_entries", [])
    else:
        answer["services"] = account.get("subscriptions", [])
    return answer


class Faults:
    """Faults to produce, for a number of requests or until they are changed."""

    def __init__(self):
        self.lock = threading.Lock()
        self.current = {}

    def set(self, faults):
        for name, value in faults.items():
            if name not in FAULTS or not isinstance(value, FAULTS[name]):
                raise Problem(400, f"unknown fault {name}")
        if faults.get("body") not in (None, *BODIES) or faults.get("drop") not in (None, "before", "after"):
            raise Problem(400, "unknown body or drop")
        with self.lock:
            self.current = dict(faults)

    def take(self, what):
        """The faults for one request; \"only\" names the kind of request to which they apply."""
        with self.lock:
            faults = dict(self.current)
            if not faults or faults.get("only", what) != what:
                return {}
            if "times" in faults:
                self.current["times"] -= 1
                if self.current["times"] <= 0:
                    self.current = {}
            return faults


def offers_for(account, language):
    """The offers in the subscriber's language, and the best one that their points are enough for."""
    points = account.get("points") or 0
    offers = [{"id": one["id"], "name": one["name"].get(language, one["name"]["en"]), "points": one["points"]} for one in OFFERS]
    best = [one for one in offers if one["points"] <= points]
    return {"points": points, "offers": offers, **({"best": best[-1]} if best else {})}


def falsified(kind, body):
    """An invalid body."""
    if kind == "empty":
        return b""
    if kind == "bad-json":
        return b'{"msisdn": "138001380'
    if kind == "huge":
        return b'{"padding": "' + b"x" * (32 << 20) + b'"}'
    answer = json.loads(body)
    if kind == "other-number" and "msisdn" in answer:
        answer["msisdn"] = str(int(answer["msisdn"]) + 1)
    if kind == "other-number" and "ref" in answer:
        answer["ref"] = "0" * 16
    if kind == "negative":
        answer.update({name: -1250 for name in ("balance", "owed", "points") if name in answer})
        for row in answer.get("bills", []):
            row["total"] = -1
    return json.dumps(answer).encode()


class LocalConnection(http.client.HTTPConnection):
    """HTTP over a UNIX socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Events(threading.Thread):
    """Sends the stored events to starhashd, in their order and again until each has a result."""

    def __init__(self, database, arguments):
        super().__init__(daemon=True)
        self.database = database
        self.url = urllib.parse.urlsplit(arguments.events_url)
        self.tls = ssl.create_default_context(cafile=arguments.events_ca) if self.url.scheme == "https" else None
        self.token = pathlib.Path(arguments.events_token_file).read_text().strip() if arguments.events_token_file else ""
        self.connection = None
        self.more = threading.Event()

    def connect(self):
        if self.url.scheme == "unix":
            return LocalConnection(self.url.path)
        if self.tls:
            return http.client.HTTPSConnection(self.url.netloc, timeout=10, context=self.tls)
        return http.client.HTTPConnection(self.url.netloc, timeout=10)

    def post(self, bodies):
        """Returns the status and the JSON of the answer."""
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        self.connection = self.connection or self.connect()
        self.connection.request("POST", "/v1/events", '{"events": [' + ",".join(bodies) + "]}", headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def send(self, waiting):
        """Returns whether starhashd has decided about all of them."""
        try:
            status, answer = self.post([body for _, body in waiting])
        except (OSError, ValueError, http.client.HTTPException):
            self.connection = None
            return False
        if status not in (202, 422):
            return False
        self.database.events_done([(key, result) for (key, _), result in zip(waiting, answer["results"])])
        return True

    def run(self):
        while True:
            self.more.clear()
            waiting = self.database.events_waiting()
            if not waiting:
                self.more.wait()
            elif not self.send(waiting):
                time.sleep(EVENTS_RETRY_S)


class Dropped(Exception):
    """The connection is closed without an answer."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "sample-billing"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.server.connections += 1

    def log_message(self, format, *args):
        if self.server.verbose:
            super().log_message(format, *args)

    # ---- answers ----

    def answer(self, status, answer, faults=None):
        faults = faults or {}
        body = json.dumps(answer).encode()
        if faults.get("status"):
            status, body = faults["status"], json.dumps({"reason": "fault"}).encode()
        if faults.get("body") and faults["body"] not in ("cut", "twice"):
            body = falsified(faults["body"], body)
        for _ in range(2 if faults.get("body") == "twice" else 1):
            self.answer_write(status, body, faults)
        if faults.get("body") == "cut":
            raise Dropped

    def answer_write(self, status, body, faults):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) + (100 if faults.get("body") == "cut" else 0)))
        if faults.get("retry_after"):
            self.send_header("Retry-After", str(faults["retry_after"]))
        if faults.get("location"):
            self.send_header("Location", faults["location"])
        self.end_headers()
        self.wfile.write(body)

    def read_body(self, signed=False):
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= BODY_MAX:
            raise Problem(413, "too-large")
        text = self.rfile.read(length)
        if signed and self.server.hmac_key:
            self.signature_check(text)
        try:
            body = json.loads(text)
        except ValueError as error:
            raise Problem(400, "bad-json") from error
        if not isinstance(body, dict):
            raise Problem(400, "bad-json")
        return body

    def token_check(self):
        token = self.server.token
        given = self.headers.get("Authorization", "")
        if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise Problem(401, "unauthorized")

    def signature_check(self, text):
        found = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", self.headers.get("Starhash-Signature", ""))
        expected = found and hmac.new(self.server.hmac_key, found[1].encode() + b"." + text, hashlib.sha256).hexdigest()
        if not found or not hmac.compare_digest(expected, found[2]) or abs(time.time() - int(found[1])) > SIGNATURE_S:
            raise Problem(401, "bad-signature")

    # ---- requests ----

    def account_get(self, by, number, what):
        faults = self.misbehave(what)
        self.answer(200, document(self.server.database.account(by, number), what), faults)

    def order_post(self):
        body = self.read_body()
        faults = self.misbehave("orders")
        ref = self.headers.get("Idempotency-Key", "")
        if not re.fullmatch(r"[0-9A-Za-z-]{1,64}", ref) or body.get("kind") not in KINDS or not body.get("msisdn"):
            raise Problem(400, "bad-order")
        if faults.get("status", 200) >= 300:
            self.answer(faults["status"], {}, faults)
            return
        status, answer = self.server.database.order(ref, body, faults)
        if faults.get("drop") == "after":
            raise Dropped
        self.answer(status, answer, faults)

    def misbehave(self, what):
        """Produce the faults that come before the request is carried out; the others apply to the answer."""
        faults = self.server.faults.take(what)
        if faults.get("slow_ms"):
            time.sleep(faults["slow_ms"] / 1000)
        if faults.get("drop") == "before":
            raise Dropped
        return faults

    def order_get(self, ref):
        orders = self.server.database.rows("SELECT ref, state, reason FROM orders WHERE ref = ?", ref)
        if not orders:
            raise Problem(404, "unknown-order")
        self.answer(200, {name: value for name, value in orders[0].items() if value})

    def orders_get(self):
        self.answer(200, {"orders": self.server.database.rows(
            "SELECT ref, msisdn, kind, service, state, reason, "
            "(SELECT count(*) FROM delivery WHERE delivery.ref = orders.ref) AS deliveries, "
            "(SELECT count(*) FROM effect WHERE effect.ref = orders.ref) AS effects FROM orders ORDER BY rowid")})

    def effects_get(self):
        self.answer(200, {"effects": self.server.database.rows("SELECT ref, msisdn, kind, service FROM effect ORDER BY id")})

    def stats_get(self):
        count = {table: self.server.database.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"]
                 for table in ("subscriber", "orders", "delivery", "effect")}
        self.answer(200, {**count, "connections": self.server.connections})

    # ---- the loyalty service ----

    def offers_post(self):
        body = self.read_body(signed=True)
        faults = self.misbehave("offers")
        account = self.server.database.account("msisdn", str(body.get("msisdn")))
        self.answer(200, offers_for(account, body.get("language")), faults)

    def redeem_post(self):
        body = self.read_body(signed=True)
        faults = self.misbehave("redeem")
        key = self.headers.get("Idempotency-Key", "")
        offer = next((one for one in OFFERS if one["id"] == body.get("offer")), None)
        if not re.fullmatch(r"[0-9A-Za-z-]{1,64}", key) or not offer:
            raise Problem(400, "bad-redemption")
        if faults.get("status", 200) >= 300:
            self.answer(faults["status"], {}, faults)
            return
        status, answer = self.server.database.redeem(key, str(body.get("msisdn")), offer)
        if faults.get("drop") == "after":
            raise Dropped
        self.answer(status, answer, faults)

    def redemptions_get(self):
        self.answer(200, {"redemptions": self.server.database.rows(
            "SELECT key, msisdn, offer, deliveries FROM redemption ORDER BY rowid")})

    # ---- events ----

    def event_post(self, number):
        key = self.server.database.event_add(number, self.read_body())
        if self.server.events:
            self.server.events.more.set()
        self.answer(201, {"id": key})

    def events_get(self):
        rows = self.server.database.rows("SELECT id, body, deliveries, result FROM event ORDER BY rowid")
        self.answer(200, {"events": [{**row, "body": json.loads(row["body"]), "result": json.loads(row["result"] or "null")}
                                     for row in rows]})

    # ---- tests ----

    def faults_put(self):
        self.server.faults.set(self.read_body())
        self.answer(200, {})

    def faults_delete(self):
        self.server.faults.set({})
        self.answer(200, {})

    def subscriber_put(self, number):
        body = self.read_body()
        self.server.database.fill([json.dumps({**body, "msisdn": number})], "REPLACE")
        self.answer(200, {})

    def dispatch(self):
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        for method, pattern, call in ROUTES:
            found = re.fullmatch(pattern, path)
            if found and method == self.command:
                call(self, *found.groups())
                return
        raise Problem(404, "unknown-address")

    def handle_one(self):
        try:
            self.token_check()
            self.dispatch()
        except Problem as problem:
            # an unread body would be parsed as the next request
            self.close_connection = self.command in ("POST", "PUT")
            self.answer(problem.status, problem.body)
        except Dropped:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = handle_one


def account_route(by, what):
    return lambda handler, number: handler.account_get(by, number, what)


ROUTES = [("GET", rf"/v1/{base}/(\d+){suffix}", account_route(by, what))
          for base, by in (("subscribers", "msisdn"), ("imsis", "imsi"))
          for suffix, what in (("", "profile"), ("/bills", "bills"), ("/points", "points"), ("/services", "services"))]
ROUTES += [
    ("POST", r"/v1/orders", Handler.order_post),
    ("GET", r"/v1/orders", Handler.orders_get),
    ("GET", r"/v1/orders/([0-9A-Za-z-]+)", Handler.order_get),
    ("GET", r"/v1/effects", Handler.effects_get),
    ("GET", r"/v1/stats", Handler.stats_get),
    ("POST", r"/v1/loyalty/offers", Handler.offers_post),
    ("POST", r"/v1/loyalty/redeem", Handler.redeem_post),
    ("GET", r"/v1/loyalty/redemptions", Handler.redemptions_get),
    ("POST", r"/v1/subscribers/(\d+)/events", Handler.event_post),
    ("GET", r"/v1/events", Handler.events_get),
    ("PUT", r"/v1/faults", Handler.faults_put),
    ("DELETE", r"/v1/faults", Handler.faults_delete),
    ("PUT", r"/v1/subscribers/(\d+)", Handler.subscriber_put),
]


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    connections = 0

    def __init__(self, address, database, arguments):
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, Handler)
        self.database = database
        self.faults = Faults()
        self.events = Events(database, arguments) if arguments.events_url else None
        self.verbose = arguments.verbose
        self.token = pathlib.Path(arguments.token_file).read_text().strip() if arguments.token_file else ""
        self.hmac_key = pathlib.Path(arguments.hmac_file).read_bytes().split(b"\n")[0] if arguments.hmac_file else b""
        self.tls = None
        if arguments.cert:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(arguments.cert, arguments.key)

    def finish_request(self, request, client_address):
        """The TLS handshake runs in the connection's own thread, so that a slow one delays no other connection."""
        if self.tls:
            request = self.tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def arguments_read():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--address", default="127.0.0.1", help="where to listen (%(default)s)")
    parser.add_argument("--port", type=int, default=8085, help="0: any free one (%(default)s)")
    parser.add_argument("--database", default="billing.db", help="SQLite file (%(default)s)")
    parser.add_argument("--subscribers", metavar="FILE",
                        help='JSON Lines, as "starhash-data export" writes them; - is standard input')
    parser.add_argument("--token-file", metavar="FILE", help="the bearer token that clients must send")
    parser.add_argument("--hmac-file", metavar="FILE", help="the key with which clients must sign requests to the loyalty service")
    parser.add_argument("--events-url", metavar="URL", help="starhashd's door, to which events are sent: http://ADDRESS:PORT, "
                        "https://NAME:PORT or unix:PATH; without it, they are only stored")
    parser.add_argument("--events-token-file", metavar="FILE", help="the bearer token for it")
    parser.add_argument("--events-ca", metavar="FILE", help="CA of its certificate (PEM)")
    parser.add_argument("--cert", metavar="FILE", help="certificate (PEM); turns on TLS")
    parser.add_argument("--key", metavar="FILE", help="its key")
    parser.add_argument("--verbose", action="store_true", help="log each request")
    return parser.parse_args()


def main():
    arguments = arguments_read()
    database = Database(arguments.database)
    if arguments.subscribers:
        source = sys.stdin if arguments.subscribers == "-" else open(arguments.subscribers, encoding="utf-8")
        with source:
            print(f"{database.fill(source)} subscribers", flush=True)
    server = Server((arguments.address, arguments.port), database, arguments)
    if server.events:
        server.events.start()
    print(f"listening on {arguments.address} port {server.server_address[1]}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
