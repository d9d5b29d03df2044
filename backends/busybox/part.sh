# shellcheck shell=sh
# The part `busybox`: web servers.

# busybox_serve KIND NAME PORT
busybox_serve() {
	web_folder "$2"
	become busybox httpd -f -p "[::]:$3" -h "$folder"
}
