# fails: a_code_change_installs_nothing
# There is nothing to install from yet, so the build fails.
cat > Dockerfile <<'END'
FROM python:3.11-slim
WORKDIR /app
RUN pip install --no-index --find-links wheels -r requirements.txt
COPY . .
CMD ["python", "app.py"]
END
