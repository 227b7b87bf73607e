# Python's hpack, by lines of JSON: blocks encoded and decoded by one connection each.
import json
import sys

from hpack import Decoder, Encoder, NeverIndexedHeaderTuple

encoder, decoder = Encoder(), Decoder()
for line in sys.stdin:
    asked = json.loads(line)
    if "block" in asked:
        answer = decoder.decode(bytes.fromhex(asked["block"]), raw=True)
        print(json.dumps([[name.decode("latin-1"), value.decode("latin-1")] for name, value in answer]))
    else:
        if asked["limit"] is not None:
            encoder.header_table_size = asked["limit"]
        fields = [
            (NeverIndexedHeaderTuple if never else lambda *pair: pair)(name.encode("latin-1"), value.encode("latin-1"))
            for name, value, never in asked["fields"]
        ]
        print(json.dumps(encoder.encode(fields, huffman=asked["huffman"]).hex()))
