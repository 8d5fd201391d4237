"""A Docker engine in a micro-VM, for machines that grant no privileges, such as a Binder pod.

User-mode Linux is a Linux kernel that runs as an ordinary process, and gvproxy is its network. Both need nothing but
the right to start processes. `disk` makes what they run on, once. `machine.MicroVM` starts and stops the VM from
outside, and `keeper` is the process that stays beside it.
"""
