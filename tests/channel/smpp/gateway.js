// SPDX-License-Identifier: AGPL-3.0-or-later
// A USSD gateway with one phone, made of the npm package "smpp": reads the dialled code and the answers from standard input,
// one a line, and prints the pages. Usage: gateway.js PORT DIALECT MSISDN [pushed|answering]
// pushed: the other side begins the dialog. answering: the first line answers a page that the other side does not know.
'use strict';

const fs = require('fs');
const smpp = require('smpp');

const [port, dialect, msisdn, way] = process.argv.slice(2);
const pushed = way === 'pushed';
const inputs = fs.readFileSync(0, 'utf8').split('\n').filter(Boolean);
const its = [0x12, 0x34];
let pages = 0;
// our dialog ends with a response to its first request, the other side's with a notification
const end = dialect === 'plain' ? 0x02 : pushed ? 0x03 : 0x11;
const endBit = dialect === 'plain' || dialect === '6d';

// The session's identifier in each dialect: theirs, or our number.
function key(page) {
	if (pushed)
		return dialect === 'mica' ? { user_message_reference: page.user_message_reference } :
			{ its_session_info: page.its_session_info };
	switch (dialect) {
	case 'mica':
		return { user_message_reference: 77 };
	case 'huawei':
		return {};
	}
	return { its_session_info: Buffer.from(its) };
}

function input(session, operation, page) {
	session.deliver_sm(Object.assign({
		service_type: 'USSD', source_addr_ton: 1, source_addr_npi: 1, source_addr: msisdn, destination_addr: '100',
		short_message: inputs.shift(), ussd_service_op: operation,
	}, key(page)), (pdu) => {
		if (pdu.command_status !== 0)
			process.exit(1);
	});
}

function isLast(pdu) {
	return pdu.ussd_service_op === end && (!endBit || (pdu.its_session_info[1] & 1) === 1);
}

const server = smpp.createServer((session) => {
	session.on('bind_transceiver', (pdu) => {
		session.send(pdu.response({ system_id: 'npm' }));
		if (!pushed)
			input(session, way === 'answering' ? 0x12 : 0x01);
	});
	session.on('submit_sm', (pdu) => {
		session.send(pdu.response({ message_id: '1' }));
		console.log((pages++ ? '\n' : '') + pdu.short_message.message);
		if (isLast(pdu) || inputs.length === 0)
			session.close(() => process.exit(isLast(pdu) ? 0 : 3));
		else
			input(session, 0x12, pdu);
	});
	session.on('enquire_link', (pdu) => session.send(pdu.response()));
	session.on('error', () => {});
});

server.listen(Number(port), '127.0.0.1');
