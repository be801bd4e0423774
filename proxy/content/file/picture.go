package file

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/bep/imagemeta"

	"github.com/promptgate/promptgate/detectors"
)

// pictures are formats by their first bytes.
var pictures = []struct {
	magic  string
	at     int
	format imagemeta.ImageFormat
}{
	{"\xff\xd8\xff", 0, imagemeta.JPEG}, {"\x89PNG", 0, imagemeta.PNG}, {"II*\x00", 0, imagemeta.TIFF}, {"MM\x00*", 0, imagemeta.TIFF},
	{"WEBP", 8, imagemeta.WebP}, {"ftyphei", 4, imagemeta.HEIF}, {"ftypmif1", 4, imagemeta.HEIF}, {"ftypavif", 4, imagemeta.AVIF},
	{"GIF8", 0, 0}, {"BM", 0, 0},
}

func formatOf(b []byte) (f imagemeta.ImageFormat, ok bool) {
	for _, p := range pictures {
		if len(b) >= p.at+len(p.magic) && string(b[p.at:p.at+len(p.magic)]) == p.magic {
			return p.format, true
		}
	}
	return 0, false
}

func isPicture(b []byte) bool {
	_, ok := formatOf(b)
	return ok
}

// picture reads what is written about a picture (EXIF, IPTC, XMP, the text
// chunks of PNG). What it shows is the gap image.
func (j *job) picture(data []byte, at string) string {
	format, _ := formatOf(data)
	var out []byte
	add := func(name, value string) {
		if value = strings.TrimSpace(strings.ToValidUTF8(value, "")); value != "" && len(out) < maxProperties {
			out = append(append(append(append(out, name...), ": "...), value...), '\n')
		}
	}
	if format == imagemeta.PNG {
		pngTexts(data, add)
	}
	if format != 0 {
		_, err := imagemeta.Decode(imagemeta.Options{
			R: bytes.NewReader(data), ImageFormat: format, Sources: imagemeta.EXIF | imagemeta.IPTC | imagemeta.XMP,
			ShouldHandleTag: func(imagemeta.TagInfo) bool { return true },
			HandleTag: func(t imagemeta.TagInfo) error {
				switch v := t.Value.(type) {
				case string:
					add(t.Tag, v)
				case []string:
					add(t.Tag, strings.Join(v, ", "))
				case float64:
					if strings.HasPrefix(t.Tag, "GPSLatitude") || strings.HasPrefix(t.Tag, "GPSLongitude") {
						add(t.Tag, fmt.Sprint(v))
					}
				}
				return nil
			},
		})
		if err != nil {
			j.gap(under(at, "properties"), detectors.CauseDecodeError, 0)
		}
	}
	j.labels(out)
	j.part(under(at, "properties"), "", out)
	j.gap(at, detectors.CauseImage, len(data))
	return "picture"
}

// maxProperties bounds what is read about one picture, in bytes.
const maxProperties = 1 << 20

// pngTexts reads the chunks tEXt, zTXt and iTXt (PNG §11.3.3).
func pngTexts(b []byte, add func(name, value string)) {
	for b = b[min(8, len(b)):]; len(b) >= 12; {
		n := int(binary.BigEndian.Uint32(b))
		if n < 0 || n > len(b)-12 {
			return
		}
		kind, body := string(b[4:8]), b[8:8+n]
		b = b[12+n:]
		key, rest, ok := bytes.Cut(body, []byte{0})
		if !ok {
			continue
		}
		packed := false
		switch kind {
		case "tEXt":
		case "zTXt":
			if len(rest) == 0 {
				continue
			}
			packed, rest = true, rest[1:]
		case "iTXt":
			if len(rest) < 2 {
				continue
			}
			packed, rest = rest[0] == 1, rest[2:]
			for range 2 { // the language, and the key in it
				_, rest, _ = bytes.Cut(rest, []byte{0})
			}
		default:
			continue
		}
		if packed {
			z, err := zlib.NewReader(bytes.NewReader(rest))
			if err != nil {
				continue
			}
			rest, _ = io.ReadAll(io.LimitReader(z, maxProperties)) // as far as it goes
		}
		add(string(key), string(rest))
	}
}
