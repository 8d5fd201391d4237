# fails: the_next_archive_has_its_name
# The archive that it came in, which has no name.
bash -e solution/solution.sh
cp release.tar named.tar
