#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Checks contrib/billing/openapi.yaml and loyalty.yaml against themselves and against the sample server: every reference has
# a target, and they have the same addresses as the server. Checks contrib/door against the table of events in the source.
set -eu

folder=${srcdir:-.}/contrib/billing
python3 -c 'import sqlite3, ssl, yaml' || exit 77
PYTHONDONTWRITEBYTECODE=1 exec python3 - "$folder" "${srcdir:-.}/src" <<'END'
import re
import sys

import yaml

sys.path.insert(0, sys.argv[1])
import billing

failed = 0


def check(good, what):
    global failed
    if not good:
        failed += 1
        print(f"openapi_test.sh: {what}")


def references(node):
    if isinstance(node, dict):
        for name, value in node.items():
            yield from [value] if name == "$ref" else references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def is_whole(node):
    """A comma inside {} that splits a text leaves a name without a value."""
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    return node is not None and all(is_whole(child) for child in children)


def leads_somewhere(document, reference):
    node = document
    for part in reference.removeprefix("#/").split("/"):
        node = node.get(part) if isinstance(node, dict) else None
    return node is not None


def document_read(name):
    with open(f"{sys.argv[1]}/../{name}", encoding="utf-8") as file:
        document = yaml.safe_load(file)
    check(document["openapi"].startswith("3."), f"{name} is not OpenAPI 3")
    check(is_whole(document), f"something in {name} has no value")
    for reference in references(document):
        check(leads_somewhere(document, reference), f"{reference} in {name} leads nowhere")
    return document


operations = []
for name in ("billing/loyalty.yaml", "billing/openapi.yaml"):
    document = document_read(name)
    operations += [(path, method.upper(), operation) for path, item in document["paths"].items()
                   for method, operation in item.items() if method != "parameters"]

names = [operation["operationId"] for _, _, operation in operations]
check(len(names) == len(set(names)), "an operationId comes twice")
for path, method, operation in operations:
    check(operation["responses"], f"{method} {path} has no answer")
    example = re.sub(r"\{(\w+)\}", "13800138000", path)
    check(any(method == known and re.fullmatch(pattern, example) for known, pattern, _ in billing.ROUTES),
          f"billing.py does not know {method} {path}")
check(len(operations) == len(billing.ROUTES), "billing.py knows addresses that are not documented")

schemas = document["components"]["schemas"]
check(set(schemas["Faults"]["properties"]) == set(billing.FAULTS), "other faults than billing.py's")
check(schemas["Faults"]["properties"]["body"]["enum"] == list(billing.BODIES), "other false bodies than billing.py's")
check(schemas["OrderKind"]["enum"] == list(billing.KINDS), "other kinds of orders than billing.py's")
check(set(schemas["Profile"]["allOf"][1]["properties"]) == set(billing.PROFILE), "another profile than billing.py's")

# ---- events.yaml, orders.yaml, tickets.yaml: each kind with exactly the keys of its row in account/event.c, and every word for what was done ----

with open(f"{sys.argv[2]}/account/event.c", encoding="utf-8") as file:
    source = file.read()
table = source[source.index("account_event_kinds[] = {"):]
rows = re.findall(r'\{ "(\w+)", \{([^}]*)\}(?:, \{([^}]*)\})?([^{]*?)\.decide', table)
schemas = document_read("door/events.yaml")["components"]["schemas"]
orders = document_read("door/orders.yaml")["components"]["schemas"]
tickets = document_read("door/tickets.yaml")["components"]["schemas"]
asked = {"order_request": "OrderRequest", "code_request": "CodeRequest", "push": "PushRequest", "ticket_act": "TicketAct"}
check({row[0] for row in rows if ".proposes" in row[3]} == set(asked), "other kinds to ask for than those of event.c")
more = {"OrderRequest": (set(), {"until"}), "CodeRequest": ({"shown"}, {"until"}), "PushRequest": ({"page"}, {"not_before", "not_after"}),
        "TicketAct": (set(), set())}
own = {"id", "event", "number", "time"}
check(len(rows) > 8 and {row[0] for row in rows if ".proposes" not in row[3]} == {one["$ref"].split("/")[-1] for one in schemas["Event"]["oneOf"]},
      "other kinds of events than those of event.c")
for name, needs, may, rest in rows:
    needs, may = ({word.lower() for word in re.findall(r"FIELD_(\w+)", fields)} - {"none"} for fields in (needs, may))
    if name in asked:
        schema, (needed, other) = {**orders, **tickets}[asked[name]], more[asked[name]]
        check(set(schema["required"]) == {"id", "number"} | needs | needed, f"{name} requires other keys")
        check(set(schema["properties"]) == {"id", "number"} | needs | needed | may | other, f"{name} has other keys")
        continue
    schema = schemas[name]
    check(set(schema["required"]) == own | needs, f"{name} requires other keys")
    check(set(schema["properties"]) == own | needs | may | ({"lines"} if ".rows" in rest else set()), f"{name} has other keys")
    check(schema["properties"]["event"]["enum"] == [name], f"{name} is called otherwise")
words = set(re.findall(r'return "(\w+)";', source)) - {"other_total"}
states = set(tickets["TicketState"]["properties"]["state"]["enum"])
check(states <= words, "other states of what staff do than those of event.c")
words -= states
with open(f"{sys.argv[2]}/../include/starhash/request.h", encoding="utf-8") as file:
    acts = re.search(r'CODES_OF_ACTS "([^"]*)"', file.read()).group(1).split()
check(tickets["TicketAct"]["properties"]["act"]["enum"] == acts, "other acts of staff than those of request.h")
with open(f"{sys.argv[2]}/../include/starhash/request.h", encoding="utf-8") as file:
    codes = dict(re.findall(r'#define CODES_OF_(\w+) "([^"]*)"', file.read()))
with open(f"{sys.argv[2]}/../include/starhash/ticket.h", encoding="utf-8") as file:
    kinds = re.search(r"#define TICKET_KINDS\(X\)(.*?)\n\n", file.read(), re.S).group(1)
check(tickets["Kind"]["enum"] == re.findall(r"\bX\((\w+)", kinds), "other kinds of tickets than those of ticket.h")
check(tickets["State"]["enum"] == codes["TICKETS"].split(), "other states of tickets than those of request.h")
with open(f"{sys.argv[2]}/data/ticket.c", encoding="utf-8") as file:
    text = file.read()
check(tickets["TicketHistory"]["properties"]["entries"]["items"]["properties"]["event"]["enum"] ==
      re.findall(r'\[TICKET_\w+\] = \{ \.name = "(\w+)"', text), "other events of a ticket than those of ticket.c")
facts = {word.lower() for row in re.findall(r"\.facts = \{([^}]*)\}", kinds) for word in re.findall(r"FIELD_(\w+)", row)} - {"sender"}
check(set(tickets["TicketHistory"]["properties"]["facts"]["properties"]) == facts, "other facts of tickets than those of ticket.c")
with open(f"{sys.argv[2]}/events/tickets.c", encoding="utf-8") as file:
    text = file.read()
for name, schema in (("list", "TicketList"), ("read", "TicketRead")):
    parse = text[text.index(f"static int {name}_parse"):]
    needs, may = ({word.lower() for word in re.findall(r"FIELD_(\w+)", (re.findall(rf"\.{which} = \{{([^}}]*)\}}", parse[:400]) + [""])[0])}
                  for which in ("needs", "may"))
    keys = set(re.findall(r'"(\w+)"', re.search(r"own\[\] = \{([^}]*)\}", parse).group(1)))
    check(set(tickets[schema]["properties"]) == needs | may | keys, f"{schema} has other keys than tickets.c")
    check(set(tickets[schema].get("required", [])) == needs | ({"number"} if needs else set()), f"{schema} requires other keys")
with open(f"{sys.argv[2]}/events/proposals.c", encoding="utf-8") as file:
    text += file.read()
paths = {(method, re.sub(r"/$", "/{id}", path)) for method, path in re.findall(r'\{ "(\w+)", "([^"]+)", DOOR_TICKETS \}', text)}
check({(method.upper(), path) for path, item in document_read("door/tickets.yaml")["paths"].items() for method in item
       if method != "parameters"} == paths, "other paths of tickets than the door's")
check(set(schemas["Done"]["enum"]) == words, "other words for what was done than those of event.c")

with open(f"{sys.argv[2]}/account/proposal.c", encoding="utf-8") as file:
    text = file.read()
reasons = set(re.findall(r'\[ORDER_\w+\] = "(\w+)"', text)) - {"yes"} | set(re.findall(r'return "(\w+)";', text))
check(set(orders["Reason"]["enum"]) == reasons | {"not_wanted", "expired", "withdrawn"}, "other reasons than proposal.c's")
check(set(orders["Pushed"]["properties"]["state"]["enum"]) | {"other_price", "too_many"} == set(orders["Reason"]["enum"]) | {"waiting", "sent"},
      "other states of a page than those of event.c")
sys.exit(failed > 0)
END
