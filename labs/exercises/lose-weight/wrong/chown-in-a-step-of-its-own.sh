# fails: it_is_light
# The survey is gone for good, but the tiles are in there twice.
cat > Dockerfile <<'END'
FROM python:3.11-slim
WORKDIR /map
COPY seed.txt survey.py cut.py show.py ./
RUN python survey.py && python cut.py && rm survey.raw
RUN useradd --uid 1000 walker && chown -R walker tiles
USER walker
CMD ["python", "show.py"]
END
