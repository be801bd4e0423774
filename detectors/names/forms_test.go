package names_test

import (
	"strings"
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
	"github.com/promptgate/promptgate/detectors/names"
)

// expect scans a text with marks and compares findings of one type, borders included.
func expect(t *testing.T, e *engine.Engine, typ detectors.InfoType, marked string, least, most detectors.Confidence) {
	t.Helper()
	text := strings.NewReplacer("⟦", "", "⟧", "").Replace(marked)
	var want []string
	for rest := marked; ; {
		_, after, ok := strings.Cut(rest, "⟦")
		if !ok {
			break
		}
		value, behind, _ := strings.Cut(after, "⟧")
		want = append(want, value)
		rest = behind
	}
	found, gaps := e.Scan([]byte(text), engine.Options{Floor: least})
	if len(gaps) > 0 {
		t.Errorf("%q: gaps %v", text, gaps)
	}
	var got []string
	for _, f := range found {
		if f.Type != typ {
			continue
		}
		got = append(got, text[f.Span.Start:f.Span.End])
		if most > 0 && f.Confidence.Level() > most {
			t.Errorf("%q: %s has confidence %v, at most %v is right", text, f.Rule, f.Confidence.Level(), most)
		}
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("%q:\n got %q\nwant %q", text, got, want)
	}
}

// What a cue announces is High when it is known to be a name.
func TestAnnouncedNamesAreHigh(t *testing.T) {
	e := newEngine(t)
	for _, text := range []string{
		"Dear Mrs. ⟦Abernathy⟧, we regret the delay.",
		"Sehr geehrter Herr Dr. ⟦Pfeiffer⟧,",
		"Mevrouw ⟦van den Broek⟧ heeft gebeld.",
		"My name is ⟦David Johnson⟧.",
		"Employee: ⟦Lindqvist, Sara⟧  Dept: 44",
		"Frau Dr. med. ⟦Anna Schmidt⟧",
		"Mein Name ist ⟦Sabine Krause⟧ und",
		"My name is ⟦Maximiliana Bernadette Wilhelmina Featherstone-Cholmondeley⟧, and I have been waiting for more than three weeks now.",
		"Patient: ⟦Ramona Delgado⟧\nWard 4",
		"\"full_name\": \"⟦Erik Johansson⟧\"",
		"<fullName>⟦Marijke Jansen⟧</fullName>",
		"**Customer name:** ⟦Oliver Berg⟧",
		"Best regards,\n⟦Beatrice Fontaine⟧\nHead of People",
		"the claim of our client ⟦Olivia Fitzgerald⟧ was refused",
		"⟦Andreas Metzler⟧ <ametzler@mail.example> wrote",
	} {
		expect(t, e, names.TypeName, text, detectors.High, 0)
	}
}

// A full name in prose is Medium, a given name alone Low.
func TestNamesInProse(t *testing.T) {
	e := newEngine(t)
	for _, text := range []string{
		"I talked to ⟦Michelle Tran⟧ about the roadmap.",
		"Yesterday ⟦Robert L. Kline⟧ and ⟦Maria Garcia Lopez⟧ signed it.",
		"Gestern hat ⟦Jürgen von der Heide⟧ unterschrieben.",
		"the tenant ⟦Jean-Luc Moreau⟧ left",
	} {
		expect(t, e, names.TypeName, text, detectors.Medium, 0)
	}
	for _, text := range []string{
		"I think ⟦Sarah⟧ told him about the party.",
		"Who was ⟦Albert Einstein⟧ and what did he find?",
		"a novel by ⟦Maria Anderson⟧ about the sea",
		"Write a story about ⟦Anna Keller⟧, who lives alone.",
	} {
		expect(t, e, names.TypeName, text, detectors.Low, detectors.Low)
	}
}

// Chat has no capitals; what introduces somebody must be there.
func TestNamesWithoutCapitals(t *testing.T) {
	e := newEngine(t)
	for _, text := range []string{
		"hi, my name is ⟦maria lopez⟧ and i lost my card",
		"ich heiße ⟦sabine krause⟧",
		"me llamo ⟦javier de la cruz⟧ y",
		"my name is not important, the name is a secret",
		"maria lopez lost her card",
	} {
		expect(t, e, names.TypeName, text, detectors.Medium, 0)
	}
}

func TestNamesInOtherScripts(t *testing.T) {
	e := newEngine(t)
	for _, text := range []string{
		"客户姓名：⟦王小明⟧，电话", "患者：⟦李娜⟧ 女", "⟦欧阳修文⟧先生来过", "我叫⟦刘芳⟧，想咨询", "氏名：⟦山田太郎⟧", "⟦佐藤花子⟧様、お問い合わせ", "担当：⟦高橋 健一⟧", "성명: ⟦김지훈⟧",
		"患者高血压病史二十年", "老师说今天没有课", "患者血压稳定", "皆様、こんにちは", "高血压患者应该注意什么？", "先生、質問があります",
	} {
		expect(t, e, names.TypeName, text, detectors.Medium, 0)
	}
}

func TestWhatIsNoName(t *testing.T) {
	e := newEngine(t)
	for _, text := range []string{
		"under the terms of the GNU Lesser General Public License as published", "func (p *Process) signal(sig Signal) error {", "var mr Reader",
		"The Washington Post and Goldman Sachs agreed on Monday.",
		"Mr. President, the floor is yours.",
		"Open Settings, then choose Privacy Policy and Terms.",
		"Call UserService.Load with B.Loop or std::Max in Visual Studio Code.",
		"Der Koch und die Bäckerin lesen die Deutsche Zeitung in Frankfurt am Main.",
		"Robert Bosch GmbH and Baker Hughes Inc. merged.",
		"SELECT Name FROM Customers WHERE City = 'Berlin'",
		"Buenos Aires, San Diego and Santa Fe are far from New York.",
		"Patient Portal: Unknown",
		"If this is SIGPROF, get a stack trace.",
		"{\"typeName\":\"cc::Picture\"}",
		"Attn: Accounts Payable",
		"LATIN CAPITAL LETTER A WITH GRAVE",
	} {
		expect(t, e, names.TypeName, text, detectors.Medium, 0)
	}
}

// One form of address after another; with a postcode they are High.
func TestAddresses(t *testing.T) {
	e := newEngine(t)
	for _, text := range []string{
		"Ship to ⟦1428 Elm Street, Springwood, OH 45056⟧ please",
		"Home: ⟦77 Massachusetts Ave Apt 4B, Cambridge, MA 02139-4307⟧.",
		"at ⟦330 W 42nd St, New York, NY 10036⟧",
		"Ship to ⟦1428 Elm Street, Apartment 14B, Springwood Heights, Upper Greenfield Township, OH 45056-1234⟧ and ask for a receipt at the door, please.",
		"⟦17 Chestnut Close\nBristol BS6 5QT⟧",
		"⟦Flat 3, 12 Mill Lane, London SW4 7PL⟧",
		"⟦221 Queen Street West, Toronto, ON M5V 1Z4⟧",
		"⟦Unit 7, 15 Darling Street, Balmain NSW 2041⟧",
		"⟦7652 Kuhic Meadow Apt. 482, Lake John, NY 12345⟧",
		"Order for ⟦PSC 4471, Box 9981\nAPO AE 09012⟧",
		"in der ⟦Gartenstraße 14, 70173 Stuttgart⟧",
		"⟦Karl-Marx-Allee 3-5, 10178 Berlin⟧",
		"⟦Bonner Str. 5a, 53113 Bonn⟧",
		"⟦Getreidegasse 9/2, A-5020 Salzburg⟧",
		"⟦Seestrasse 12, CH-8002 Zürich⟧",
		"⟦8 bis rue Victor Hugo, 33000 Bordeaux⟧",
		"⟦15 avenue de la République, 75011 Paris⟧",
		"⟦Rue de Rivoli 10, 1000 Bruxelles⟧",
		"⟦C/ Gran Vía, 32, 4º izq., 28013 Madrid⟧",
		"⟦Calle Mayor 12, 3º B, 28013 Madrid⟧",
		"⟦Via Garibaldi 23, 20121 Milano (MI)⟧",
		"⟦Rua Augusta 45, 1100-048 Lisboa⟧",
		"⟦Rua das Flores, 120, 01310-100 São Paulo - SP⟧",
		"⟦Prinsengracht 263, 1016 GV Amsterdam⟧",
		"⟦ul. Długa 15/3, 31-147 Kraków⟧",
		"⟦P.O. Box 1187, Flagstaff, AZ 86002⟧",
		"⟦Postfach 10 11 12, 20006 Hamburg⟧",
	} {
		expect(t, e, names.TypeAddress, text, detectors.High, 0)
	}
	for _, text := range []string{
		"⟦Am Alten Markt 3, 18055 Rostock⟧",
		"I live at ⟦742 Evergreen Terrace⟧ now",
		"Address: ⟦221 Baker Street, London⟧",
		"wir wohnen in der ⟦Lindenstraße 12⟧",
		"Morada: ⟦Rua Augusta 45⟧",
		"Address: ⟦Rose Cottage 3, Little Missenden HP7 0QX⟧",
	} {
		expect(t, e, names.TypeAddress, text, detectors.Medium, 0)
	}
}

func TestWhatIsNoAddress(t *testing.T) {
	e := newEngine(t)
	for _, text := range []string{
		"the street was empty in 2024",
		"Wall Street closed 12 points higher on a long road to 10000 users",
		"Copyright 1991-2012, Thomas G. Lane, on behalf of the group",
		"version 12 Street View",
		"We saw 12 Dark Forest levels and 3 Mount Doom maps, then 2 Park Rangers.",
		"APO AE codes are for the army",
		"email address: 3 of 5 failed",
		"The memory address is 0x7fff and the MAC address 00:1B",
		"the Free Software Foundation, 51 Franklin Street, Fifth Floor, Boston, MA 02110-1301 USA",
		"Platz 3 ging an Berlin, Weg 5 ist gesperrt",
		"Am Montag 3 Stunden, im Mai 12345 Euro",
		"via Slack 2 times, la place 3 est libre",
		"IP address: 10.0.0.1, port 8080",
		"deliver to 3 regions within 2 days",
	} {
		expect(t, e, names.TypeAddress, text, detectors.Medium, 0)
	}
}
