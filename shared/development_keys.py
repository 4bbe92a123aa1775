"""The keys that functions use with the emulators if none is set. They are public, so they prove and protect nothing."""

SIGNING = {
    "receipt": '{"kty":"OKP","crv":"Ed25519","kid":"receipt-development",'
    '"x":"TBTosh-EnD7hnoDqAnjL0H9nn3IZQd-kyfuxT5pp0_M","d":"u7kXt3zgImZEysbs2omQLVOaeRhXVBY0WCOx2vVPUHk"}',
    "audit": '{"kty":"OKP","crv":"Ed25519","kid":"audit-development",'
    '"x":"OXttuT1xyFVr2XUXDkQeCPNblQpkKAzsWeAhkNylaNw","d":"CXcVpwAMo_6oiWr3GbSSEMG9c-XJej-wmYyaRx3q1iU"}',
}
FINGERPRINT = "development-fingerprint-key-development"
PUBLIC = (
    '{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"receipt-development",'
    '"x":"TBTosh-EnD7hnoDqAnjL0H9nn3IZQd-kyfuxT5pp0_M"}]}'
)
