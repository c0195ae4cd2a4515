// SPDX-License-Identifier: AGPL-3.0-or-later
// An SMSC made of the npm package "smpp", with subscribers in conversations: each of their texts waits for the answer to the
// previous one. Acknowledged texts and answers are saved across restarts, so it may be killed at any time.
// Usage: smsc.js PORT TALKS STATE RECORD
// TALKS: a conversation per line, "NUMBER|text=answer|text=answer…", each with the beginning of an answer. A text without "=" does not
// wait for one: another SMSC may get it. "NUMBER>SHORT_CODE|…": not to 10086. STATE: its memory.
// RECORD: submitted texts, one "NUMBER text" per line. On SIGHUP it reads TALKS again: each line adds to its number's conversation.
'use strict';

const fs = require('fs');
const smpp = require('smpp');

const [port, talks, state, record] = process.argv.slice(2);
const IN_FLIGHT = 20;
const people = new Map();
const parts = new Map();
let bound;		// the session that has bound last

function lines(file) {
	return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
}

function read_talks() {
	for (const line of lines(talks)) {
		const [who, ...steps] = line.split('|');
		const [number, to = '10086'] = who.split('>');
		if (!people.has(number))
			people.set(number, { number, steps: [], at: 0, acknowledged: -1, sent: false });
		people.get(number).steps.push(...steps.map((step) => [to, ...step.split('=')]));
	}
}

read_talks();
for (const line of lines(state)) {
	const [what, number, step] = line.split(' ');
	const person = people.get(number);
	if (what === 'part')
		keep_part(JSON.parse(line.slice(5)));
	else if (what === 'acknowledged')
		person.acknowledged = Number(step);
	else
		person.at = Number(step) + 1;
}

function note(what, person, step) {
	fs.appendFileSync(state, `${what} ${person.number} ${step}\n`);
}

function go_to_next(session, person) {
	note('answered', person, person.at);
	person.at++;
	go_on(session);
}

function deliver(session, person) {
	const step = person.at;

	person.sent = true;
	session.deliver_sm({
		source_addr_ton: 1, source_addr_npi: 1, source_addr: person.number, dest_addr_npi: 1,
		destination_addr: person.steps[step][0], short_message: person.steps[step][1],
		// some SMSCs send none
		...(Number(person.number) % 2 ? { user_message_reference: step + 1 } : {}),
	}, (pdu) => {
		person.sent = false;
		if (pdu.command_status !== 0) {
			setTimeout(() => go_on(session), 100);
		} else if (person.at === step && person.acknowledged < step) {
			person.acknowledged = step;
			note('acknowledged', person, step);
			if (person.steps[step].length < 3)
				go_to_next(session, person);
		} else {
			go_on(session);		// it has been answered
		}
	});
}

// The subscribers with texts to send, a few at a time.
function go_on(session) {
	let open = 0;

	for (const person of people.values()) {
		if (person.at >= person.steps.length)
			continue;
		if (++open > IN_FLIGHT || session.closed)
			break;
		if (!person.sent && person.acknowledged < person.at)
			deliver(session, person);
	}
}

// Parts are saved like everything else that we acknowledge. Returns the whole text once its last part has come.
function keep_part(part) {
	const all = parts.get(part.key) || new Array(part.total).fill(undefined);
	all[part.number - 1] = part.text;
	if (all.includes(undefined)) {
		parts.set(part.key, all);
		return undefined;
	}
	parts.delete(part.key);
	return all.join('');
}

function joined(pdu) {
	const message = pdu.short_message;
	const udh = message.udh && message.udh.find((header) => header[0] === 0);
	if (!udh)
		return message.message;
	const part = { key: pdu.destination_addr + ' ' + udh[2], total: udh[3], number: udh[4], text: message.message };
	fs.appendFileSync(state, `part ${JSON.stringify(part)}\n`);
	return keep_part(part);
}

function heard(session, number, text) {
	const person = people.get(number);

	fs.appendFileSync(record, `${number} ${text.replace(/\n/g, ' / ')}\n`);
	if (person && person.at < person.steps.length && person.steps[person.at].length > 2 && text.startsWith(person.steps[person.at][2]))
		go_to_next(session, person);
}

process.on('SIGHUP', () => {
	read_talks();
	if (bound)
		go_on(bound);
});

const server = smpp.createServer((session) => {
	session.on('bind_transceiver', (pdu) => {
		bound = session;
		session.send(pdu.response({ system_id: 'npm' }));
		for (const person of people.values())
			person.sent = false;
		go_on(session);
	});
	session.on('submit_sm', (pdu) => {
		const text = joined(pdu);
		if (text !== undefined)
			heard(session, pdu.destination_addr, text);
		session.send(pdu.response({ message_id: String(pdu.sequence_number) }));
	});
	session.on('enquire_link', (pdu) => session.send(pdu.response()));
	session.on('unbind', (pdu) => {
		session.send(pdu.response());
		session.close();
	});
	session.on('error', () => {});
});

server.listen(Number(port), '127.0.0.1');
