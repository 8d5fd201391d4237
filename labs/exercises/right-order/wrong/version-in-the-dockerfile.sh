# fails: a_new_requirement_is_installed
# Without the list there is nothing that could change; but then nobody reads it either.
sed -e '/^COPY requirements/d' -e 's/-r requirements.txt/doorman==1.0/' solution/Dockerfile > Dockerfile
