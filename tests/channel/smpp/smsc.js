// SPDX-License-Identifier: AGPL-3.0-or-later
// An SMSC made of the npm package "smpp": writes submitted texts to a file, one per line, before it responds; refuses
// some of them temporarily; and delivers numbered messages until each has been answered.
// Usage: smsc.js PORT RECORD STATE COUNT; STATE stores across restarts which deliveries have been answered.
'use strict';

const fs = require('fs');
const smpp = require('smpp');

const [port, record, state, count] = process.argv.slice(2);
const lines = fs.existsSync(state) ? fs.readFileSync(state, 'utf8').split('\n').filter(Boolean) : [];
const answered = new Set(lines.map(Number));
let submitted = 0;

function deliver(session) {
	for (let number = 0; number < Number(count); number++) {
		if (answered.has(number))
			continue;
		session.deliver_sm({
			source_addr: '13800138000', destination_addr: '10086', short_message: 'deliver ' + number,
		}, (pdu) => {
			if (pdu.command_status === 0 && !answered.has(number)) {
				answered.add(number);
				fs.appendFileSync(state, number + '\n');
			}
		});
	}
}

function submit(session, pdu) {
	submitted++;
	if (submitted % 500 < 20) {
		session.send(pdu.response({ command_status: submitted % 2 ? smpp.ESME_RTHROTTLED : smpp.ESME_RMSGQFUL }));
		return;
	}
	fs.appendFileSync(record, pdu.short_message.message + '\n');
	session.send(pdu.response({ message_id: submitted.toString(16) }));
}

const server = smpp.createServer((session) => {
	session.on('bind_transceiver', (pdu) => {
		if (pdu.system_id !== 'starhash' || pdu.password !== 'secret08') {
			session.send(pdu.response({ command_status: smpp.ESME_RINVPASWD }));
			return;
		}
		session.send(pdu.response({ system_id: 'npm' }));
		deliver(session);
	});
	session.on('submit_sm', (pdu) => submit(session, pdu));
	session.on('enquire_link', (pdu) => session.send(pdu.response()));
	session.on('unbind', (pdu) => {
		session.send(pdu.response());
		session.close();
	});
	session.on('error', () => {});
});

server.listen(Number(port), '127.0.0.1');
