# fails: a_code_change_installs_nothing
# The list is copied alone now, but the code still comes before the installation.
cat > Dockerfile <<'END'
FROM python:3.11-slim
WORKDIR /app
COPY requirements.txt .
COPY wheels wheels
COPY . .
RUN pip install --no-index --find-links wheels -r requirements.txt
CMD ["python", "app.py"]
END
