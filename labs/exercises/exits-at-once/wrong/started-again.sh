# fails: it_stays_up
# `docker start` starts the same container again, with the same settings.
docker start exits-at-once
docker wait exits-at-once
