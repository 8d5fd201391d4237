"""A Docker engine in a micro-VM: Linux as an ordinary process, for machines that grant no privileges.

User-mode Linux runs a kernel in user space, gvproxy is its network card. Both need nothing but the right to start
processes, which a Binder pod grants. What they run on is made once, by `disk.make`; `machine.MicroVM` starts and stops
it; `keeper` is the process that stays beside it.
"""
