"""How DICOM elements lie in a file (PS3.5 chapter 7), as far as files are walked by hand."""

PREAMBLE_BYTES = 128
HEAD_BYTES = 132
"""Where the meta header begins: preamble and the letters DICM."""

UNDEFINED_LENGTH = 0xFFFFFFFF

LONG_VRS = (
    *(b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ"),
    *(b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"),
)
"""Value representations with two reserved bytes and a length of four, where written out."""

SHORT_VRS = (
    *(b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT"),
    *(b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"),
)
"""Value representations with a length of two bytes, where written out."""

PIXEL_TAGS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
"""Float, double float and integer pixel data: where a header ends."""

ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
