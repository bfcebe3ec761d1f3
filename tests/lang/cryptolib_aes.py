# AES: examples of FIPS 197 and NIST SP 800-38A.
from binascii import hexlify, unhexlify
from cryptolib import aes

key128 = unhexlify("2b7e151628aed2a6abf7158809cf4f3c")
key256 = unhexlify("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
text = unhexlify("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51")
iv = bytes(range(16))
counter = unhexlify("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")

for key in (key128, key256):
    for mode, vector in ((1, None), (2, iv), (6, counter)):
        cipher = aes(key, mode, vector).encrypt(text)
        print(mode, hexlify(cipher), aes(key, mode, vector).decrypt(cipher) == text)

# In parts: chained from call to call; counter mode takes any length.
a = aes(key128, 2, iv)
whole = aes(key128, 2, iv).encrypt(text)
print(a.encrypt(text[:16]) + a.encrypt(text[16:]) == whole)
a = aes(key128, 6, counter)
print(hexlify(a.encrypt(b"abc")), hexlify(a.encrypt(b"")), hexlify(a.encrypt(bytes(30))))

# Into a buffer, in place.
buf = bytearray(text) + b"rest"
print(aes(key128, 2, iv).encrypt(memoryview(buf)[:32], buf) is buf, buf[:32] == whole, buf[32:])
a = aes(key128, 1)
a.encrypt(bytearray(16))
for f in (
    lambda: a.decrypt(bytes(16)),
    lambda: a.encrypt(bytes(15)),
    lambda: a.encrypt(bytes(16), bytearray(15)),
    lambda: a.encrypt(bytes(16), bytes(16)),
    lambda: aes(b"short", 1),
    lambda: aes(key128, 3),
    lambda: aes(key128, 2),
    lambda: aes(key128, 6, b"short"),
    lambda: aes(key128),
):
    try:
        print(f())
    except (ValueError, TypeError) as e:
        print(type(e).__name__, e.args[0] if type(e) is ValueError else "")
