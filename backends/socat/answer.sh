#!/bin/sh
# What socat runs for each connection or datagram of a service of kind https, tcp or udp.
PATH=/usr/sbin:/usr/bin:/sbin:/bin # not the lab's, which is socat's
case $NETDSL_KIND in
https) exec busybox httpd -i -h "$NETDSL_FOLDER" ;;
*) printf '%s\n' "$NETDSL_SERVICE" && exec cat ;;
esac
