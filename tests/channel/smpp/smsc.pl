#!/usr/bin/perl
# SPDX-License-Identifier: AGPL-3.0-or-later
# An SMSC made of Debian's libnet-smpp-perl: writes submitted texts to a file, one per line, and delivers numbered
# messages in between. Usage: smsc.pl PORT RECORD COUNT
use strict;
use warnings;
use IO::Handle;
use Net::SMPP;

my ($port, $record, $count) = @ARGV;
my $server = Net::SMPP->new_listen('127.0.0.1', port => $port, smpp_version => 0x34, system_id => 'perl')
	or die "listen: $!";
open(my $out, '>>', $record) or die "$record: $!";
$out->autoflush(1);

# The response to each request.
my %answers = (
	Net::SMPP::CMD_bind_transceiver => sub {
		my ($smpp, $pdu) = @_;
		my $good = $pdu->{system_id} eq 'starhash' && $pdu->{password} eq 'secret08';

		$smpp->bind_transceiver_resp(seq => $pdu->{seq}, status => $good ? 0 : 0x0e, system_id => 'perl');
	},
	Net::SMPP::CMD_submit_sm => sub {
		my ($smpp, $pdu) = @_;

		print $out "$pdu->{short_message}\n";
		$smpp->submit_sm_resp(seq => $pdu->{seq}, message_id => sprintf('%x', $pdu->{seq}));
		if ($count > 0) {
			$count--;
			$smpp->deliver_sm(source_addr => '13800138000', destination_addr => '10086',
				short_message => "deliver $count", async => 1);
		}
	},
	Net::SMPP::CMD_enquire_link => sub {
		my ($smpp, $pdu) = @_;

		$smpp->enquire_link_resp(seq => $pdu->{seq});
	},
	Net::SMPP::CMD_unbind => sub {
		my ($smpp, $pdu) = @_;

		$smpp->unbind_resp(seq => $pdu->{seq});
	},
);

while (my $smpp = $server->accept) {
	while (my $pdu = $smpp->read_pdu) {
		my $answer = $answers{$pdu->{cmd}};

		if ($answer) {
			$answer->($smpp, $pdu);
		} elsif ($pdu->{cmd} != 0x80000005 || $pdu->{status}) {
			die sprintf('command 0x%08x, status 0x%08x', $pdu->{cmd}, $pdu->{status});
		}
	}
}
