# Stands for "apt-get install" of a compiler: about 40 MB that only a build needs.
mkdir -p /opt/toolchain/lib
cp setup/tidec.py /opt/toolchain/tidec
chmod +x /opt/toolchain/tidec
head -c 40000000 /dev/urandom > /opt/toolchain/lib/standard.lib
ln -s /opt/toolchain/tidec /usr/local/bin/tidec
