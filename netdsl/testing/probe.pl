# Runs in a node's network, by the Perl that every Debian has: asks many addresses at once and says what came back.
#
# Arguments: seconds for each question, of which a program has ten times as many, then one argument for each, its fields separated by tabs:
#   icmp|whole ADDRESS 0 TEXT | tcp ADDRESS PORT TEXT | udp ADDRESS PORT TEXT | dns ADDRESS PORT TEXT | run WORD...
# TEXT is carried by the packet; that of `whole`, a ping, must not be cut on its way. Output: a line for each question, in order, `OUTCOME <tab> DETAIL`:
#   answered      the first line of what was said (HTTP: of the body), or nothing
#   refused       a RST; of datagrams a port unreachable, from whomever it came
#   rejected      an ICMP error in answer to a connection
#   unreachable   another ICMP error, or one that this node gives itself
#   blocked       this node's own filter
#   timeout
#   exit N        of `run`: its status, and its output with chr(31) for line ends
use strict;
use warnings;
use Errno qw(EINPROGRESS EAGAIN ECONNREFUSED EPERM EACCES);
use POSIX ();
use Socket qw(:DEFAULT inet_pton IPPROTO_TCP SOCK_NONBLOCK pack_sockaddr_in6 unpack_sockaddr_in6 sockaddr_family);

my $ticks = POSIX::sysconf(POSIX::_SC_CLK_TCK());
sub now { return (POSIX::times())[0] / $ticks }    # since the machine's start: no clock that somebody sets

my ($AGAIN, $ERRORS, $MOST) = (0.8, 0x2000, 65536);    # MSG_ERRQUEUE
my $OF_PROGRAMS = 10;    # times as long: a busy machine is slow to run them, and what they ask others ends by itself
my $patience = shift;
my @probes   = map { my ($kind, @rest) = split /\t/, $_, -1; { kind => $kind, rest => [@rest], heard => '' } } @ARGV;

sub finish {
	my ($probe, $outcome, $detail) = @_;
	@$probe{qw(outcome detail)} = ($outcome, $detail // '');
	close $probe->{socket} if $probe->{socket};
}

# RFC 1035: a question for an address; TEXT is the first label of its name.
sub question {
	my ($text) = @_;
	return pack 'n6 (C/a)3 n2', 0x4e44, 0x0100, 1, 0, 0, 0, substr($text, 0, 60), 'invalid', '', 1, 1;
}

sub is_ping { return $_[0]{kind} eq 'icmp' || $_[0]{kind} eq 'whole' }

sub message {
	my ($probe) = @_;
	my ($address, $port, $text) = @{ $probe->{rest} };
	return pack('C2 n3', $address =~ /:/ ? 128 : 8, 0, 0, 0, $probe->{turn}++) . $text if is_ping($probe);
	return question($text) if $probe->{kind} eq 'dns';
	return "GET / HTTP/1.0\r\nX-Marker: $text\r\n\r\n" if $probe->{kind} eq 'tcp';
	return "$text\n";
}

sub begin {
	my ($probe) = @_;
	$probe->{began} = now();
	$probe->{turn}  = 1;
	return begin_run($probe) if $probe->{kind} eq 'run';
	my ($address, $port) = @{ $probe->{rest} };
	my $is_six = $address =~ /:/;
	my $to = $is_six ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $address)) : pack_sockaddr_in($port, inet_aton($address));
	my $is_tcp = $probe->{kind} eq 'tcp';
	my $number = is_ping($probe) ? ($is_six ? 58 : 1) : 0;
	socket(my $socket, $is_six ? AF_INET6 : AF_INET, ($is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, $number)
		or return finish($probe, 'blocked', "$!");
	@$probe{qw(socket asked)} = ($socket, host_of($to));
	setsockopt $socket, $is_six ? 41 : 0, $is_six ? 25 : 11, pack('i', 1);    # IPV6_RECVERR, IP_RECVERR
	keep_whole($socket, $is_six) if $probe->{kind} eq 'whole';
	if (!connect $socket, $to) { return fail($probe, $!) if $! != EINPROGRESS }
	speak($probe) if !$is_tcp;
}

sub host_of {
	my ($name) = @_;
	my ($port, $host) = sockaddr_family($name) == AF_INET6 ? unpack_sockaddr_in6($name) : unpack_sockaddr_in($name);
	return $host;
}

sub keep_whole {
	my ($socket, $is_six) = @_;
	setsockopt $socket, $is_six ? 41 : 0, $is_six ? 23 : 10, pack('i', 2);    # IPV6_MTU_DISCOVER, IP_MTU_DISCOVER: DO
	setsockopt $socket, 41, 62, pack('i', 1) if $is_six;                        # IPV6_DONTFRAG
}

sub begin_run {
	my ($probe) = @_;
	no warnings 'exec';    # it is told in the answer
	$probe->{pid} = open($probe->{socket}, '-|', @{ $probe->{rest} }) or finish($probe, 'exit 127', "$!");
}

sub speak {
	my ($probe) = @_;
	fail($probe, $!) if !defined send $probe->{socket}, message($probe), 0;
}

sub fail {
	my ($probe, $error) = @_;
	my $text    = "$error";
	my $is_icmp = defined recv($probe->{socket}, my $of, 512, $ERRORS);
	return finish($probe, 'answered', first_line($probe->{heard})) if $probe->{connected};
	return finish($probe, 'blocked',  $text) if !$is_icmp && ($error == EPERM || $error == EACCES);
	return finish($probe, $is_icmp && $probe->{kind} eq 'tcp' ? 'rejected' : 'refused', $text) if $error == ECONNREFUSED;
	finish($probe, 'unreachable', $text);
}

sub first_line {
	my ($heard) = @_;
	$heard =~ s/^.*?\r\n\r\n//s if $heard =~ m{^HTTP/};
	$heard =~ s/\n.*//s;
	$heard =~ s/[^\x20-\x7e]/ /g;
	return $heard;
}

sub hear {
	my ($probe) = @_;
	my $socket = $probe->{socket};
	return hear_run($probe) if $probe->{kind} eq 'run';
	my $code = unpack 'i', getsockopt $socket, SOL_SOCKET, SO_ERROR;
	return do { local $! = $code; fail($probe, $!) } if $code;
	if ($probe->{kind} eq 'tcp' && !$probe->{connected}) {
		$probe->{connected} = 1;
		return speak($probe);
	}
	my $data;
	my $from = recv($socket, $data, $MOST, 0);
	if (!defined $from) { return $! == EAGAIN ? undef : fail($probe, $!) }
	return if is_ping($probe) && host_of($from) ne $probe->{asked};    # the kernel takes answers from any address: ping_lookup
	return finish($probe, 'answered', '') if is_ping($probe) || $probe->{kind} eq 'dns';
	$probe->{heard} .= $data;
	finish($probe, 'answered', first_line($probe->{heard}))
		if $probe->{kind} eq 'udp' || $data eq '' || ($probe->{heard} !~ m{^HTTP/} && $probe->{heard} =~ /\n/);
}

sub hear_run {
	my ($probe) = @_;
	my $count = sysread($probe->{socket}, my $data, $MOST);
	return $probe->{heard} .= $data if $count;
	close $probe->{socket};
	delete $probe->{socket};
	my $status = $? >> 8;
	$probe->{heard} =~ tr/\n\t/\x1f /;
	finish($probe, "exit $status", $probe->{heard});
}

sub expire {
	my ($probe, $now) = @_;
	if ($now - $probe->{began} > $patience * ($probe->{kind} eq 'run' ? $OF_PROGRAMS : 1)) {
		kill 'KILL', $probe->{pid} if $probe->{pid};
		return finish($probe, $probe->{connected} ? 'answered' : 'timeout', first_line($probe->{heard}));
	}
	return if $probe->{kind} !~ /^(icmp|whole|udp|dns)$/ || $now - $probe->{began} < $AGAIN * $probe->{turn};
	$probe->{turn}++ if !is_ping($probe);
	speak($probe);
}

$SIG{PIPE} = 'IGNORE';
begin($_) for @probes;
while (my @open = grep { !defined $_->{outcome} } @probes) {
	my ($reading, $writing) = ('', '');
	for my $probe (@open) {
		vec($reading, fileno $probe->{socket}, 1) = 1;
		vec($writing, fileno $probe->{socket}, 1) = 1 if $probe->{kind} eq 'tcp' && !$probe->{connected};
	}
	select $reading, $writing, undef, 0.02;
	for my $probe (@open) {
		my $number = fileno $probe->{socket};
		hear($probe) if vec($reading, $number, 1) || vec($writing, $number, 1);
	}
	my $now = now();
	expire($_, $now) for grep { !defined $_->{outcome} } @open;
}
print "$_->{outcome}\t$_->{detail}\n" for @probes;
