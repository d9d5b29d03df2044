# Runs beside a node, by the Perl that every Debian has: how long a TCP connection takes to be answered.
#
# Arguments: seconds to wait for each, how many, seconds between two, address, port. Output: a line for each, its seconds or
# `lost` (no answer, or not the one of somebody who listens).
use strict;
use warnings;
use Errno qw(EINPROGRESS);
use POSIX ();
use Socket qw(:DEFAULT inet_pton SOCK_NONBLOCK pack_sockaddr_in6);

# clock_gettime(CLOCK_MONOTONIC): perl-base has no Time::HiRes. The number of the system call on machines of 64 bits.
my $CALL = { x86_64 => 228, aarch64 => 113, riscv64 => 113, ppc64le => 246, s390x => 260 }->{ (POSIX::uname())[4] }
	or die "no clock is known on this machine\n";

sub now {
	my $time = "\0" x 16;
	syscall($CALL, 1, $time) == 0 or die "clock_gettime: $!\n";
	my ($seconds, $nanoseconds) = unpack 'qq', $time;
	return $seconds + $nanoseconds / 1e9;
}

my ($wait, $count, $pause, $address, $port) = @ARGV;
my $is_six = $address =~ /:/;
my $to = $is_six ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $address)) : pack_sockaddr_in($port, inet_aton($address));

sub connected {
	socket(my $socket, $is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0) or die "socket: $!\n";
	my $began = now();
	if (!connect $socket, $to) {
		return if $! != EINPROGRESS;
		vec(my $writing = '', fileno $socket, 1) = 1;
		select undef, $writing, undef, $wait or return;
	}
	my $seconds = now() - $began;
	return if unpack 'i', getsockopt $socket, SOL_SOCKET, SO_ERROR;
	return $seconds;
}

for (1 .. $count) {
	my $seconds = connected();
	print defined $seconds ? sprintf("%.9f\n", $seconds) : "lost\n";
	select undef, undef, undef, $pause;
}
