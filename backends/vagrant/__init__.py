"""Vagrant: the same lab as virtual machines, for libvirt (KVM, or QEMU's emulation) and VirtualBox."""
