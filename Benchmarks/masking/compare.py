"""Recall, precision and throughput of grantctl's masking beside presidio-analyzer and detect-secrets, on the same texts.

Usage: compare.py BENCHMARK [COUNT] [SEED]
BENCHMARK is the built MaskBenchmark; the others come from Benchmarks/masking/requirements.txt.
A value counts as found when a finding of its class covers at least four fifths of it.
"""

import collections
import json
import subprocess
import sys
import tempfile
import time

SHARED = {
    "EMAIL_ADDRESS": "email", "PHONE_NUMBER": "phone", "CREDIT_CARD": "payment_card", "IBAN_CODE": "iban",
    "US_SSN": "us_ssn", "UK_NHS": "uk_nhs", "UK_NINO": "uk_nino", "ES_NIF": "es_nif", "ES_NIE": "es_nif",
    "IT_FISCAL_CODE": "it_codice_fiscale", "IN_AADHAAR": "in_aadhaar", "IN_PAN": "in_pan", "AU_TFN": "au_tfn",
    "US_PASSPORT": "passport", "IN_PASSPORT": "passport", "IT_PASSPORT": "passport", "IP_ADDRESS": "ip_address",
    "CRYPTO": "crypto_wallet", "MAC_ADDRESS": "mac_address", "CA_SIN": "ca_sin", "BR_CPF": "br_cpf",
    "DE_TAX_ID": "de_tax_id",
}


def score(texts, findings):
    counts = collections.defaultdict(lambda: [0, 0, 0])
    for text, found in zip(texts, findings):
        used = set()
        for span in text["spans"]:
            size = span["end"] - span["start"]
            hits = [
                number for number, (kind, start, end) in enumerate(found)
                if kind == span["class"] and min(end, span["end"]) - max(start, span["start"]) >= 0.8 * size
            ]
            used.update(hits)
            counts[span["class"]][0 if hits else 1] += 1
        for number, (kind, _, _) in enumerate(found):
            if number not in used:
                counts[kind][2] += 1
    return counts


def own(benchmark, texts):
    lines = "\n".join(json.dumps({"text": text["text"]}) for text in texts)
    out = subprocess.run([benchmark, "find"], input=lines, capture_output=True, text=True, check=True).stdout
    *found, took = out.splitlines()
    return (
        [[(f["class"], f["start"], f["end"]) for f in json.loads(line)] for line in found], json.loads(took)["seconds"])


def presidio_engine():
    import tldextract
    # Its e-mail recogniser asks the network for the list of public suffixes; the one it ships with will do.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

    class Nothing(NlpEngine):
        """Pattern recognisers only: words by blanks, no model."""

        engine_name = "none"
        is_available = True

        def load(self):
            pass

        def is_loaded(self):
            return True

        def process_text(self, text, language):
            from spacy.lang.en import English
            if not hasattr(self, "nlp"):
                self.nlp = English()
            doc = self.nlp(text)
            return NlpArtifacts(
                entities=[], tokens=doc, tokens_indices=[t.idx for t in doc], lemmas=[t.text.lower() for t in doc],
                nlp_engine=self, language=language)

        def process_batch(self, texts, language, **_):
            for text in texts:
                yield text, self.process_text(text, language)

        def is_stopword(self, word, language):
            return False

        def is_punct(self, word, language):
            return False

        def get_supported_entities(self):
            return []

        def get_supported_languages(self):
            return ["en"]

    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=None)
    import presidio_analyzer.predefined_recognizers as predefined
    names = [
        "EsNifRecognizer", "EsNieRecognizer", "ItFiscalCodeRecognizer", "InAadhaarRecognizer", "InPanRecognizer",
        "AuTfnRecognizer", "UkNinoRecognizer", "ItPassportRecognizer", "InPassportRecognizer", "MacAddressRecognizer",
        "CaSinRecognizer", "BrCpfRecognizer", "DeTaxIdRecognizer",
    ]
    for name in names:
        if hasattr(predefined, name):
            registry.add_recognizer(getattr(predefined, name)(supported_language="en"))
    return AnalyzerEngine(registry=registry, nlp_engine=Nothing(), supported_languages=["en"])


def presidio(engine, texts, threshold):
    start = time.process_time()
    results = [engine.analyze(text["text"], language="en", score_threshold=threshold) for text in texts]
    seconds = time.process_time() - start
    findings = []
    for text, result in zip(texts, results):
        found = set()
        for one in result:
            if one.entity_type in SHARED:
                begin = len(text["text"][:one.start].encode())
                found.add((SHARED[one.entity_type], begin, begin + len(text["text"][one.start:one.end].encode())))
        findings.append(sorted(found))
    return findings, seconds


def secrets(texts):
    from detect_secrets import SecretsCollection
    from detect_secrets.settings import default_settings

    findings = []
    start = time.process_time()
    with default_settings():
        for text in texts:
            with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
                file.write(text["text"])
                file.flush()
                collection = SecretsCollection()
                collection.scan_file(file.name)
                found = set()
                for _, one in collection:
                    value = one.secret_value or ""
                    place = text["text"].find(value)
                    if value and place >= 0:
                        begin = len(text["text"][:place].encode())
                        found.add(("secret", begin, begin + len(value.encode())))
                findings.append(sorted(found))
    return findings, time.process_time() - start


def row(counts, kind):
    hit, miss, extra = counts.get(kind, [0, 0, 0])
    recall = f"{hit / (hit + miss):.3f}" if hit + miss else "-"
    precision = f"{hit / (hit + extra):.3f}" if hit + extra else "-"
    return recall, precision


def f1(counts, kinds):
    hit = sum(counts[k][0] for k in kinds if k in counts)
    miss = sum(counts[k][1] for k in kinds if k in counts)
    extra = sum(counts[k][2] for k in kinds if k in counts)
    return 2 * hit / (2 * hit + miss + extra) if hit else 0


def main():
    benchmark = sys.argv[1]
    count, seed = (sys.argv + ["2000", "1"][len(sys.argv) - 2:])[2:4]
    lines = subprocess.run([benchmark, "corpus", count, seed], capture_output=True, text=True, check=True).stdout
    texts = [json.loads(line) for line in lines.splitlines()]
    size = sum(len(text["text"].encode()) for text in texts) / 1e6
    found, own_seconds = own(benchmark, texts)
    mine = score(texts, found)
    engine = presidio_engine()
    best, best_seconds, best_threshold = None, 0, 0
    for threshold in (0.0, 0.3, 0.4, 0.5, 0.6, 0.85):
        findings, seconds = presidio(engine, texts, threshold)
        counts = score(texts, findings)
        if best is None or f1(counts, set(SHARED.values())) > f1(best, set(SHARED.values())):
            best, best_seconds, best_threshold = counts, seconds, threshold
    detected, secret_seconds = secrets(texts)
    detect = score(texts, detected)
    print(f"{len(texts)} texts, seed {seed}; Presidio at its best threshold, {best_threshold}\n")
    print("| class | grantctl recall | precision | Presidio recall | precision | detect-secrets recall | precision |")
    print("|---|---|---|---|---|---|---|")
    for kind in sorted(mine):
        other = row(best, kind) if kind in SHARED.values() else ("", "")
        third = row(detect, "secret") if kind == "secret" else ("", "")
        print(f"| {kind} | {' | '.join(row(mine, kind) + other + third)} |")
    shared = set(SHARED.values())
    print(f"\nF1 over all classes: grantctl {f1(mine, set(mine)):.3f}; over shared classes: "
          f"grantctl {f1(mine, shared):.3f}, Presidio {f1(best, shared):.3f}")
    print(f"Throughput on these texts: grantctl {size / own_seconds:.1f} MB/s, Presidio {size / best_seconds:.3f} MB/s, "
          f"detect-secrets {size / secret_seconds:.3f} MB/s; that is {best_seconds / own_seconds:.0f} times Presidio's")


main()
