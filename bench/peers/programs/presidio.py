"""Reads lines {"id","text"}, writes lines {"id","findings":[{"start","end"}]} in characters.

Presidio's recognizers of all countries it ships, with a blank language model:
the models of spaCy are not on PyPI, so names found by NER are not measured.
"""
import json, logging, sys

from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine
import spacy

logging.disable(logging.CRITICAL)


class Blank(SpacyNlpEngine):
    def __init__(self):
        super().__init__()
        self.nlp = {"en": spacy.blank("en")}


registry = RecognizerRegistry()
registry.load_predefined_recognizers(languages=["en"])
analyzer = AnalyzerEngine(registry=registry, nlp_engine=Blank(), supported_languages=["en"])
for line in sys.stdin:
    case = json.loads(line)
    found = analyzer.analyze(case["text"], language="en", score_threshold=0.5)
    print(json.dumps({"id": case["id"], "findings": [{"start": f.start, "end": f.end} for f in found]}))
