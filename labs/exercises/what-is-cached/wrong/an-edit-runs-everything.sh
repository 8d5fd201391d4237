# fails: app_gets_a_line
# The context has changed, so nothing of it could come from the cache.
sed '/^Edit 1/,/^Edit 2/s/cached$/runs/' solution/prediction.txt > prediction.txt
