#!/usr/bin/perl
# SPDX-License-Identifier: AGPL-3.0-or-later
# Searches files, folders and the memory of a process for words, forwards and reversed, in ASCII, UCS-2 and packed GSM 03.38 septets.
# Usage: secrets.pl [--alone] PATH|PID... -- WORD... (of digits and capital letters)
# --alone: in ASCII not as a part of a longer number, digest or key, as six digits are by chance in one run of fifty.
# Prints each find, and fails if there is one. A process is stopped meanwhile; its memory is that of a core file.
use strict;
use warnings;
no warnings 'portable';
use File::Find;

my $CHUNK = 1 << 20;
my $OVERLAP = 128;
my $HUGE = 1 << 30;	# a sanitizer's shadow: reserved, but not in memory
my (@patterns, $alone, $found, $stopped);

END {
	kill('CONT', $stopped) if $stopped;
}

# Digits and capital letters are the same in GSM 03.38 and ASCII. The octets at both ends also hold bits of other characters.
sub packed {
	my ($word, $shift) = @_;
	my $bits = ('?' x $shift) . join('', map { scalar reverse sprintf('%07b', ord) } split(//, $word));
	my $pattern = '';

	$bits .= '?' x (-length($bits) % 8);
	for (unpack('(a8)*', $bits)) {
		my $octet = reverse $_;		# the lowest bit comes first
		(my $shape = $octet) =~ tr/?/./;
		$pattern .= '[' . join('', map { sprintf('\x%02x', $_) } grep { sprintf('%08b', $_) =~ /^$shape$/ } 0 .. 255) . ']';
	}
	return $pattern;
}

sub take_word {
	my ($word) = @_;

	for my $form ([ '', $word ], [ ', reversed', scalar reverse $word ]) {
		my ($how, $text) = @$form;

		my @shapes = map { packed($text, $_) } 0 .. 7;
		my $ucs2 = join("\\x00", split(//, $text));
		my $ascii = $alone ? "(?<![0-9a-f])$text(?![0-9a-f])" : $text;

		push @patterns, [ "$word$how", qr/$ascii/ ], [ "$word$how, in UCS-2", qr/$ucs2/ ];
		push @patterns, map { [ "$word$how, in septets", qr/$_/ ] } @shapes;
	}
}

sub search {
	my ($where, $octets) = @_;

	for (@patterns) {
		my ($name, $pattern) = @$_;

		while ($octets =~ /$pattern/g) {
			my $from = $-[0] < 24 ? 0 : $-[0] - 24;
			(my $around = substr($octets, $from, 64)) =~ tr/ -~/./c;
			print "$where: $name: $around\n";
			$found = 1;
		}
	}
}

sub search_handle {
	my ($where, $handle, $at, $end) = @_;

	while ($at < $end) {
		my $want = $end - $at < $CHUNK ? $end - $at : $CHUNK;
		my $octets;

		return unless sysseek($handle, $at, 0) && sysread($handle, $octets, $want);
		search($where, $octets) if $octets =~ /[^\0]/;
		last if length $octets < $want;
		$at += $want == $end - $at ? $want : $want - $OVERLAP;
	}
}

sub search_file {
	my ($path) = @_;

	return unless -f $path;
	open(my $handle, '<:raw', $path) or die "$path: $!\n";
	search_handle($path, $handle, 0, -s $path);
}

sub search_process {
	my ($pid) = @_;
	my $octets = 0;

	open(my $maps, '<', "/proc/$pid/maps") or die "process $pid: $!\n";
	open(my $memory, '<:raw', "/proc/$pid/mem") or die "memory of process $pid: $!\n";
	$stopped = $pid;
	kill('STOP', $pid);
	while (<$maps>) {
		my ($from, $to, $name) = /^([0-9a-f]+)-([0-9a-f]+) r\S+ \S+ \S+ \S+\s*(.*)/ or next;
		next if $name =~ /^\[v/ || hex($to) - hex($from) > $HUGE;
		search_handle("process $pid, $name", $memory, hex($from), hex($to));
		$octets += hex($to) - hex($from);
	}
	die "process $pid: nothing could be read\n" unless $octets;
}

my @places;
$alone = shift if @ARGV && $ARGV[0] eq '--alone';
push @places, shift while @ARGV && $ARGV[0] ne '--';
shift;
die "Usage: secrets.pl [--alone] PATH|PID... -- WORD...\n" unless @places && @ARGV;
take_word($_) for @ARGV;
for (@places) {
	/^\d+$/ ? search_process($_) : find({ wanted => sub { search_file($_) }, no_chdir => 1 }, $_);
}
exit($found ? 1 : 0);
