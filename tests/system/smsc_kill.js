// SPDX-License-Identifier: AGPL-3.0-or-later
// An SMSC made of the npm package "smpp" that kills the ESME at the worst moment. Each subscriber orders by two texts, the second
// one a yes. Unacknowledged texts are repeated when the ESME is back. It ends when every yes is acknowledged.
// Usage: smsc_kill.js PORT NUMBERS PIDFILE WHEN RECORD
// NUMBERS: a file, one number per line. PIDFILE: of the ESME; nothing is sent before it exists. WHEN: "response", when the first
// yes is acknowledged; "answer", when its answer comes, which is then never accepted. RECORD: "acknowledged NUMBER before|after",
// "heard NUMBER text": the events before and after the kill.
'use strict';

const fs = require('fs');
const smpp = require('smpp');

const [port, numbers, pidfile, when, record] = process.argv.slice(2);
const people = new Map();
let killed = false;

for (const number of fs.readFileSync(numbers, 'utf8').split('\n').filter(Boolean))
	people.set(number, { number, text: 'KT NEWS', acknowledged: false });

function note(line) {
	fs.appendFileSync(record, line + '\n');
}

function kill() {
	if (killed)
		return;
	killed = true;
	process.kill(Number(fs.readFileSync(pidfile, 'utf8')), 'SIGKILL');
}

function finish() {
	for (const person of people.values())
		if (!person.acknowledged || person.text !== 'YES')
			return;
	note('all acknowledged');
}

function deliver(session, person) {
	const text = person.text;

	session.deliver_sm({
		source_addr_ton: 1, source_addr_npi: 1, source_addr: person.number, dest_addr_npi: 1, destination_addr: '10086',
		short_message: text,
	}, (pdu) => {
		if (pdu.command_status !== 0) {
			setTimeout(() => session.closed || deliver(session, person), 200);
			return;
		}
		if (person.text !== text || person.acknowledged)
			return;
		person.acknowledged = true;
		if (text !== 'YES')
			return;
		note(`acknowledged ${person.number} ${killed ? 'after' : 'before'}`);
		if (when === 'response')
			kill();
		finish();
	});
}

// Once the process to kill is known.
function begin(session) {
	if (!fs.existsSync(pidfile)) {
		setTimeout(() => begin(session), 10);
		return;
	}
	for (const person of people.values())
		if (!person.acknowledged)
			deliver(session, person);
}

const server = smpp.createServer((session) => {
	session.on('bind_transceiver', (pdu) => {
		session.send(pdu.response({ system_id: 'npm' }));
		begin(session);
	});
	session.on('submit_sm', (pdu) => {
		const person = people.get(pdu.destination_addr);
		const text = pdu.short_message.message.replace(/\n/g, ' / ');

		if (when === 'answer' && text.startsWith('News is open')) {
			if (!killed) {
				kill();
				return;
			}
		}
		note(`heard ${pdu.destination_addr} ${text}`);
		session.send(pdu.response({ message_id: String(pdu.sequence_number) }));
		if (person && person.text === 'KT NEWS' && text.startsWith('Open News')) {
			person.text = 'YES';
			person.acknowledged = false;
			deliver(session, person);
		}
	});
	session.on('enquire_link', (pdu) => session.send(pdu.response()));
	session.on('unbind', (pdu) => {
		session.send(pdu.response());
		session.close();
	});
	session.on('error', () => {});
});

server.listen(Number(port), '127.0.0.1');
