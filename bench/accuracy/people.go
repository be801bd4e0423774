package main

import (
	_ "embed"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/promptgate/promptgate/detectors"
)

//go:embed people.txt
var peopleFile string

// A peopleText is a line of people.txt.
type peopleText struct{ class, lang, text string }

func peopleTexts() (out []peopleText) {
	for line := range strings.SplitSeq(peopleFile, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.SplitN(line, " | ", 3)
		out = append(out, peopleText{f[0], f[1], strings.ReplaceAll(f[2], `\n`, "\n")})
	}
	return out
}

// Names by language, written for this bench without a look at the gazetteer:
// common ones and rare ones.
var people = map[string][2][]string{
	"en": {strings.Fields("James Olivia Harper Declan Maeve Tyrone Latoya Brandon Kayleigh Winston Gertrude Percy Imogen Callum Shanice Wyatt Clementine Ezekiel Fiona Darnell Priscilla Hugh Tabitha Roscoe Marjorie Kendra Lionel Beatrix Gordon Mildred"),
		strings.Fields("Smith Whitaker O'Connell Hargrove McAllister Fitzgerald Osborne Thackeray Pennington Blackwell Caldwell Sutherland Abernathy Langford Prescott Winslow Hathaway Kirkpatrick Drummond Ashworth Tillman Gallagher Beaumont Crowley Merrick Underhill Ravenscroft Dunleavy Holbrook Stanhope")},
	"de": {strings.Fields("Anke Detlef Gudrun Holger Ilse Jörg Kerstin Lothar Mareike Norbert Ottilie Rüdiger Silke Torsten Ulrike Volker Wiebke Björn Friederike Hartmut"),
		strings.Fields("Schmidt Kühn Ackermann Brandstetter Dornbusch Eichhorn Fassbender Grünwald Hövelmann Janssen Kirchhoff Lohmann Mayrhofer Niederberger Oberhauser Pfannenschmidt Rautenberg Schlüter Teichmann Wiesner")},
	"fr": {strings.Fields("Aurélie Benoît Clotilde Damien Édith Fabrice Ghislaine Hervé Inès Jean-Marc Léa Mathilde Noémie Olivier Pascale Quentin Romain Séverine Tristan Yvonne"),
		strings.Fields("Dubois Beauchamp Carpentier Delacourt Étienne Faucher Gauthier Huet Joubert Lacroix Marchand Noël Pelletier Rousselot Sauvage Thibault Vasseur Arnoult Bellanger Chevallier")},
	"es": {strings.Fields("Alejandra Borja Consuelo Dolores Emilio Fermín Guadalupe Hortensia Ignacio Jimena Leticia Macarena Nuria Óscar Pilar Quique Remedios Salvador Tomás Yolanda"),
		strings.Fields("García Aguirre Benítez Cárdenas Domínguez Echeverría Figueroa Guzmán Hidalgo Iglesias Jurado Lozano Montero Navas Olmedo Pacheco Quintana Robledo Saavedra Zamora")},
	"it": {strings.Fields("Alessandro Beatrice Cosimo Donatella Ettore Fiorella Gianluca Ilaria Lorenzo Martina Nicoletta Ottavio Patrizia Raffaele Simonetta Tommaso Umberto Vittoria Zeno Ginevra"),
		strings.Fields("Rossi Barbieri Castellani D'Amico Esposito Fontana Galli Iacobucci Lombardi Mancini Negri Orlando Pellegrini Quaglia Rinaldi Sartori Testa Vitale Zanetti Bellucci")},
	"pt": {strings.Fields("Adriana Bernardo Cátia Duarte Eduarda Fabiana Gonçalo Helena Isabela Joaquim Leandro Margarida Nuno Otávio Patrícia Rafaela Sílvia Tiago Vanessa Wagner"),
		strings.Fields("Silva Almeida Barbosa Cardoso Dias Esteves Freitas Guimarães Henriques Lacerda Machado Nascimento Oliveira Peixoto Queiroz Ribeiro Sampaio Tavares Vasconcelos Brandão")},
	"nl": {strings.Fields("Anouk Bram Daan Esmee Femke Gijs Hanneke Ilse Joost Lieke Maarten Nienke Pieter Roos Sjoerd Tess Willemijn Wouter Marijke Ruben"),
		strings.Split("Jansen;de Vries;van Dijk;Bakker;Vermeulen;van der Meer;Dekker;Hendriks;Kuipers;van Leeuwen;Mulder;Oosterhuis;Postma;Rietveld;Scholten;Terpstra;Veenstra;Westra;Zijlstra;van den Heuvel", ";")},
	"pl": {strings.Fields("Aleksandra Bartosz Celina Dariusz Elżbieta Grzegorz Halina Ireneusz Jolanta Kamil Lucyna Mirosław Natalia Paulina Rafał Sylwia Tadeusz Urszula Wiesław Zuzanna"),
		strings.Fields("Nowak Adamczyk Bąk Chmielewski Dudek Gajewska Jabłoński Kaczmarek Lis Majewska Nowicki Ostrowska Pawlak Rutkowski Sikora Tomaszewski Urban Wrona Zając Żukowski")},
	"in": {strings.Fields("Abhinav Bhavya Charu Devika Esha Gaurav Harini Ishita Jagdish Kiran Lakshmi Madhavi Naveen Omkar Padma Rohini Shreya Tejas Urvashi Vikram"),
		strings.Fields("Agarwal Bhattacharya Chaudhuri Dhawan Gokhale Hegde Iyer Jayaraman Kulkarni Lakhani Mahadevan Nambiar Oberoi Pillai Raghunathan Saxena Thakur Upadhyay Venkatesan Wadhwa")},
	"zh": {strings.Fields("Xiuying Jianhong Meifeng Zhiming Yuxin Haoyu Lanfen Guozhi Shuhui Tianyi Ruolan Weimin Qiuyue Bowen Jiahui"), strings.Fields("Wang Zhang Chen Huang Zhao Zhou Xu Sun Ma Guo Liang Song Tang Deng Feng")},
	"ja": {strings.Fields("Haruki Ayumi Kenta Natsuko Ryosuke Mitsuki Takumi Chiyo Shinobu Eiji Kaede Masaru Yoshino Tomoya Asuka"), strings.Fields("Tanaka Kobayashi Yoshimura Matsuoka Hirayama Ishibashi Kuroda Morimoto Nakagawa Okabe Shiraishi Terada Uchiyama Wakabayashi Yamashiro")},
	"ar": {strings.Fields("Abdulaziz Basma Dunya Fawzia Ghazi Hadeel Idris Jumana Khalil Lubna Mazin Nabila Qusay Rawan Saif Tahani Wafa Yousra Zuhair Anwar"), strings.Split("Al-Mansouri;El-Masri;Haddad;Al Harbi;Khoury;Bin Saleh;Shaheen;Al-Zahrani;Darwish;Nasser;Abu Khalil;Hijazi;Al-Farsi;Qasim;Tawfik", ";")},
}

var (
	famous    = strings.Split("Albert Einstein;Marie Curie;Nelson Mandela;Frida Kahlo;Winston Churchill;Leonardo da Vinci;Jane Austen;Mahatma Gandhi;Pablo Picasso;Ada Lovelace;Simone de Beauvoir;Martin Luther King;Queen Victoria;Julius Caesar;Rosa Parks;Charles Darwin;Johann Sebastian Bach;Sigmund Freud;Steve Jobs;Agatha Christie;Miguel de Cervantes;Virginia Woolf;Alexander the Great;Bob Marley;Serena Williams;Genghis Khan;Hannah Arendt;Isaac Newton;Louis Pasteur;Toni Morrison;Carl Friedrich Gauss;Emmeline Pankhurst;Jorge Luis Borges;Clara Schumann;Ernest Rutherford;Dorothy Parker", ";")
	artWorks  = strings.Split("Pride and Prejudice;The Brothers Karamazov;Romeo and Juliet;The Old Man and the Sea;Madame Bovary;Doctor Zhivago;The Picture of Dorian Gray;Thelma and Louise;Uncle Tom's Cabin;Mrs Dalloway;Silas Marner;Barry Lyndon;Tess of the d'Urbervilles;Ethan Frome;Jane Eyre;Oliver Twist;The Talented Mr. Ripley;Good Will Hunting;Erin Brockovich;Forrest Gump", ";")
	companies = strings.Split("Ernst & Young;Morgan Stanley;Johnson Controls;Philip Morris;Charles Schwab;Marks & Spencer;Thomson Reuters;Wells Fargo;Warner Brothers;Hewlett Packard;Estée Lauder;John Deere;Tiffany & Co;Mary Kay;Ralph Lauren;Baker Hughes;Arthur Andersen;Merrill Lynch;Robert Bosch GmbH;Henkel;Franklin Templeton;Stanley Black & Decker;Jack Wolfskin;Ben & Jerry's;Fisher Price;Harley Davidson;Levi Strauss;Lloyds Bank;Goldman Sachs;Hugo Boss", ";")
	townNames = strings.Split("San Diego;Santa Fe;Jackson;Lincoln;Charlotte;Madison;Victoria;Florence;Sydney;Adelaide;San Antonio;Saint Louis;Austin;Houston;Orlando;Carson City;Raleigh;Savannah;Alexandria;Geneva;Valencia;Córdoba;Vienna;Lourdes;Nancy;Darwin;Christchurch;Wellington;Hamilton;Kingston", ";")
	capitals  = strings.Fields("Summer Grace Rose Hope Mark Carter Hunter Baker Taylor Mason Bishop Cook Young Frank Rich Grant Chase Drew Dean Pat Art Bill Will Max Sky Dawn April May June August Jade Pearl Ruby Amber Violet Ivy Daisy Basil Sage Olive Ginger Rusty Sandy Rocky Cliff Woods Rivers Banks Fields Stone Steel Price Cash Case Page Booker Law Power Star Day Knight King Noble Prime Smart Green Cloud Sprint Release Review Data Light Home Care Plus Pro Garden Market Bridge Studio House")
)

// fullName is a name with what belongs to it.
func fullName(r *rand.Rand, lang string) (given, surname, full string) {
	if lang == "en" && r.IntN(3) == 0 || people[lang][0] == nil {
		lang = pick(r, []string{"en", "de", "fr", "es", "it", "pt", "nl", "pl", "in", "zh", "ja", "ar"})
	}
	given, surname = pick(r, people[lang][0]), pick(r, people[lang][1])
	full = given + " " + surname
	switch n := r.IntN(20); {
	case (lang == "zh" || lang == "ja") && n < 8:
		full = surname + " " + given
	case lang == "es" && n < 10 || lang == "pt" && n < 6:
		full += " " + pick(r, people[lang][1])
	case n == 19:
		full = given + " " + string(rune('A'+r.IntN(20))) + ". " + surname
	case n == 18:
		full = given + " " + pick(r, people[lang][0]) + " " + surname
	case n == 17 && !strings.Contains(surname, " "):
		full = given + " " + surname + "-" + pick(r, people["en"][1])
	}
	return given, surname, full
}

// postal is an address in the form of one of the countries.
func postal(r *rand.Rand) string {
	surname := func(lang string) string { return pick(r, people[lang][1]) }
	n, flat := 1+r.IntN(240), 1+r.IntN(30)
	road := pick(r, strings.Fields("Street Road Lane Avenue Drive Close Crescent Way Court Terrace St. Rd Ave Blvd"))
	name := pick(r, strings.Fields("Chestnut Willow Mill Orchard Harbour Prospect Washington Highland Spruce Cemetery Lakeshore Windsor"))
	break_ := pick(r, []string{", ", ", ", "\n"})
	return template(r, pick(r, []string{
		fmt.Sprintf("%d %s %s%s{Dayton|Salem|Fresno|Boise|Tulsa}, {OH|OR|CA|ID|OK} {#5}", n*7, name, road, break_),
		fmt.Sprintf("%d %s %s, Apt %d, {Brooklyn|Cedar Rapids|Fort Collins}, {NY|IA|CO} {#5}", n*3, name, road, flat),
		fmt.Sprintf("%d %s %s%s{Leeds LS|Norwich NR|Bath BA|Hull HU}{1-9} {1-9}{QT|AB|XL}", n, name, road, break_),
		fmt.Sprintf("Flat %d, %d %s %s, {London SW|London SE|Glasgow G}{1-9} {1-9}{PL|JD}", flat, n, name, road),
		fmt.Sprintf("%d %s %s, {Toronto, ON M|Calgary, AB T|Halifax, NS B}{1-9}{H|K|V} {1-9}{A|B|C}{1-9}", n, name, road),
		fmt.Sprintf("%d/%d %s %s, {Carlton VIC 3|Newtown NSW 2|Toowong QLD 4}{#3}", flat, n, name, road),
		fmt.Sprintf("%s%s %d, {#5} {Kassel|Ulm|Erfurt|Münster|Bad Homburg}", pick(r, strings.Fields("Linden Bahnhof Garten Schiller Ring Wald Kirch")), pick(r, strings.Fields("straße weg platz allee gasse str.")), n),
		fmt.Sprintf("%s-%s-Straße %d, {#5} {Jena|Bonn|Trier}", pick(r, people["de"][0]), surname("de"), n),
		fmt.Sprintf("{Hauptstrasse|Seestrasse|Dorfweg} %d, {8|3|6}{#3} {Zürich|Bern|Luzern}", n),
		fmt.Sprintf("{Mariahilfer Straße|Getreidegasse|Landstraße} %d/%d, {1|5|4}{#3} {Wien|Salzburg|Linz}", n, flat),
		fmt.Sprintf("%d {rue|avenue|boulevard|place|chemin} {de la Gare|du Moulin|Pasteur|des Tilleuls|Jean Jaurès}, {#5} {Lyon|Nantes|Dijon|Aix-en-Provence}", n),
		fmt.Sprintf("{Calle|Avenida|Plaza|Paseo} {de Alcalá|San Bernardo|del Sol|de la Libertad} %d, %dº {A|B|C}, {#5} {Madrid|Zaragoza|Granada}", n, 1+r.IntN(8)),
		fmt.Sprintf("{Via|Corso|Piazza|Viale} {Cavour|Vittorio Emanuele|Mazzini|dei Mille} %d, {#5} {Torino|Pisa|Bari|Reggio Emilia} ({TO|PI|BA})", n),
		fmt.Sprintf("{Rua|Avenida|Travessa} {das Oliveiras|Almirante Reis|do Carmo} %d, {#4}-{#3} {Porto|Coimbra|Faro}", n),
		fmt.Sprintf("{Rua|Av.} {Sete de Setembro|Paulista|dos Andradas}, %d - {Centro|Jardins}, {Curitiba - PR|Recife - PE|Campinas - SP}, {#5}-{#3}", n),
		fmt.Sprintf("{Kerkstraat|Dorpsweg|Keizersgracht|Beukenlaan} %d, {#4} {AB|KL|XZ} {Utrecht|Haarlem|Den Bosch}", n),
		fmt.Sprintf("ul. {Słowackiego|Polna|Jana Pawła II|Kwiatowa} %d/%d, {10-99}-{#3} {Lublin|Gdynia|Zielona Góra}", n, flat),
	}))
}

// peopleCase fills a text.
func peopleCase(r *rand.Rand, t peopleText) Case {
	var w builder
	s := t.text
	for {
		before, rest, ok := strings.Cut(s, "{")
		w.text(before)
		if !ok {
			break
		}
		slot, after, _ := strings.Cut(rest, "}")
		if len(slot) > 1 { // JSON
			w.text("{")
			s = rest
			continue
		}
		s = after
		given, surname, full := fullName(r, t.lang)
		switch slot {
		case "N":
			if strings.HasPrefix(t.text, "PATIENT") {
				full = strings.ToUpper(full)
			}
			w.value("pii.person_name", full)
		case "G":
			w.value("pii.person_name", given)
		case "S":
			w.value("pii.person_name", surname)
		case "A":
			w.value("pii.postal_address", postal(r))
		case "P":
			w.text(pick(r, townNames))
		case "F":
			w.text(pick(r, famous))
		case "W":
			w.text(pick(r, artWorks))
		case "C":
			w.text(pick(r, companies))
		case "Q":
			q := []string{pick(r, capitals), pick(r, capitals)}
			if r.IntN(3) == 0 {
				q = append(q, pick(r, capitals))
			}
			w.text(strings.Join(q, " "))
		case "#":
			w.text(digitsOf(r, 2))
		}
	}
	k := w.done(t.class)
	k.Lang = t.lang
	if t.class != "harmless" {
		k.Type = k.Want[0].Type
	}
	return k
}

// peopleCases makes each text so many times.
func peopleCases(r *rand.Rand, each int) (out []Case) {
	for _, t := range peopleTexts() {
		for range each {
			out = append(out, peopleCase(r, t))
		}
	}
	return out
}

// A peopleTally counts values of one class: [0] at any level, [1] from Medium on.
type peopleTally struct {
	values       int
	found, wrong [2]int
}

// people scores names and addresses: which values are found, and which findings
// are none. Harmless texts count in findings for a thousand.
func (s *score) people(w io.Writer, cases []Case) {
	tallies := map[string]*peopleTally{}
	harmless := 0
	for _, k := range cases {
		t := tallies[k.Class]
		if t == nil {
			t = &peopleTally{}
			tallies[k.Class] = t
		}
		if k.Class == "harmless" {
			harmless++
		}
		t.values += len(k.Want)
		hit := make([]detectors.Confidence, len(k.Want))
		for _, f := range s.scan(k.Text) {
			if f.Type != "pii.person_name" && f.Type != "pii.postal_address" {
				continue
			}
			right := false
			for i, x := range k.Want {
				if lo, hi := max(f.Span.Start, x.Start), min(f.Span.End, x.End); lo < hi {
					right = true
					if string(f.Type) == x.Type && 2*(hi-lo) >= x.End-x.Start {
						hit[i] = max(hit[i], f.Confidence.Level())
					}
				}
			}
			if !right {
				t.wrong[0]++
				if f.Confidence >= detectors.Medium {
					t.wrong[1]++
					s.show("wrong %s %s [%s]: %q\n", f.Confidence, f.Rule, k.Text[f.Span.Start:f.Span.End], k.Text)
				}
			}
		}
		for i, h := range hit {
			if h > 0 {
				t.found[0]++
			}
			if h >= detectors.Medium {
				t.found[1]++
			} else {
				s.show("missed (%s) [%s]: %q\n", h, k.Text[k.Want[i].Start:k.Want[i].End], k.Text)
			}
		}
	}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(out, "\nnames and addresses\tvalues\trecall, medium\tprecision\trecall, low\tprecision\t\n")
	for _, class := range slices.Sorted(maps.Keys(tallies)) {
		t := tallies[class]
		if class == "harmless" {
			continue
		}
		fmt.Fprintf(out, "%s\t%d", class, t.values)
		for _, l := range []int{1, 0} {
			fmt.Fprintf(out, "\t%.1f %%\t%.1f %%", 100*float64(t.found[l])/float64(t.values), 100*float64(t.found[l])/float64(max(1, t.found[l]+t.wrong[l])))
		}
		fmt.Fprint(out, "\t\n")
	}
	_ = out.Flush()
	if t := tallies["harmless"]; t != nil {
		fmt.Fprintf(w, "%d harmless texts full of capitals: %d names at medium, %.1f for 1,000; %d at low\n", harmless, t.wrong[1], 1000*float64(t.wrong[1])/float64(harmless), t.wrong[0])
	}
}
