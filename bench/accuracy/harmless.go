package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/promptgate/promptgate/bench/corpus"
)

// harmless makes n texts in which nothing is sensitive, in equal parts of each
// kind. Kinds whose text is code carry source code findings by right; the
// score leaves those out.
func harmless(r *rand.Rand, n int) []Case {
	kinds := []struct {
		class string
		make  generator
	}{
		{"question", question}, {"medicine", medicine}, {"finance", finance}, {"law and HR", lawAndHR}, {"fiction", fiction},
		{"numbers", numbers}, {"identifiers", identifiers}, {"versions", versions}, {"times", times}, {"retail", retail},
		{"configuration", configuration}, {"placeholders", placeholders}, {"log", logExcerpt}, {"other languages", otherLanguages}, {"maths", maths}, {"business", business},
	}
	out := make([]Case, 0, n)
	for i := range n {
		k := kinds[i%len(kinds)]
		out = append(out, Case{Text: k.make(r), Class: k.class})
	}
	return out
}

// template replaces each {a|b|c} by one of its alternatives and {#n} by n
// digits, {x#n} by n hexadecimal ones and {N-M} by a number between the two.
func template(r *rand.Rand, s string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		inner, after, _ := strings.Cut(rest, "}")
		s = after
		var n, m int
		switch {
		case strings.HasPrefix(inner, "#"):
			fmt.Sscanf(inner, "#%d", &n)
			b.WriteString(some(r, "123456789", 1) + digitsOf(r, n-1))
		case strings.HasPrefix(inner, "x#"):
			fmt.Sscanf(inner, "x#%d", &n)
			b.WriteString(some(r, hex16, n))
		case strings.Contains(inner, "|"):
			b.WriteString(pick(r, strings.Split(inner, "|")))
		default:
			fmt.Sscanf(inner, "%d-%d", &n, &m)
			fmt.Fprint(&b, n+r.IntN(m-n+1))
		}
	}
}

func from(list ...string) generator {
	return func(r *rand.Rand) string { return template(r, pick(r, list)) }
}

func question(r *rand.Rand) string {
	return from(
		"What is the difference between {a mutex|an atomic|a semaphore} and {a channel|a lock|a barrier}?",
		"Plan a {3-10} day trip through {Portugal|Japan|the Alps|Scotland} for {2-6} people who like {food|hiking|museums}.",
		"Give me {5-30} ideas for a {birthday|farewell|garden} party with a budget of {100-900} euros.",
		"Write a {haiku|limerick|short poem} about {autumn|my cat|the sea|Monday mornings}.",
		"Explain {photosynthesis|inflation|the tides|plate tectonics} to a {7-14} year old.",
		"How do I remove {red wine|coffee|candle wax} from a {carpet|wool sweater|white shirt}?",
		"Who won the world cup in {1950-2022} and why is that match remembered?",
		"Improve this sentence: the {team|committee|group} have decided to {postpone|cancel|move} the {launch|meeting|review} until further notice.",
		"What should I cook with {chickpeas|two leeks|leftover rice} and {coconut milk|eggs|tofu}? I have {20-60} minutes.",
		"Summarise the plot of {Hamlet|Moby Dick|Faust|Don Quixote} in {3-9} sentences.",
		"My password manager keeps asking for a new password. How often should one change passwords?",
		"What makes a good secret santa gift below {10-40} dollars?",
		"Which key signature has {3-7} sharps? And what is a token ring network?",
		"Is it safe to store credit card numbers in a database? What does PCI DSS say in general?",
		"How does a social security system differ between {Germany|France|the US} and {Japan|Sweden|Canada}?",
		"Recommend {3-8} books like {Dune|Emma|The Hobbit}, please.",
	)(r)
}

func medicine(r *rand.Rand) string {
	return from(
		"What are common side effects of {metformin|ibuprofen|sertraline|lisinopril}?",
		"Explain the difference between type 1 and type 2 diabetes for a school project.",
		"What does a blood pressure of {110-150}/{70-95} mean in general?",
		"How is {pneumonia|asthma|migraine|anaemia} usually diagnosed and treated?",
		"Which vaccines are recommended before travelling to {Kenya|Peru|Vietnam}?",
		"What is the usual adult dose of {paracetamol|amoxicillin} and what is the daily maximum of {2000-4000} mg about?",
		"Is vitamin B12 the same as cobalamin? And is E10 petrol bad for old engines?",
		"Write a leaflet about {hand hygiene|sleep|healthy ageing} for a clinic's waiting room.",
		"How does the ICD-10 classification work and who maintains it?",
		"What do the letters in a SOAP note stand for?",
		"How long should one rest after {knee surgery|a concussion|a root canal}?",
	)(r)
}

func finance(r *rand.Rand) string {
	return from(
		"What is an IBAN and why does it have check digits?",
		"Explain the difference between {ETFs|bonds|options} and {funds|shares|futures}.",
		"If I invest {100-900} euros a month at {2-9} percent for {10-30} years, what do I get?",
		"What was the revenue of the {car|steel|airline} industry in {2000-2023}, roughly?",
		"How do companies usually announce a merger? Describe the phases of due diligence.",
		"Convert {1000-90000} USD to EUR at a rate of 0.9{0-9}.",
		"What does EBITDA mean and how is it different from net income?",
		"Make a budget table for a household with {2500-6500} euros of income and {800-1900} euros of rent.",
		"Is {12000-99000}.{10-99} plus {1000-9000}.{10-99} more than {20000-90000}?",
		"Invoice terms: what does 2/10 net 30 mean?",
	)(r)
}

func lawAndHR(r *rand.Rand) string {
	return from(
		"What must a non-disclosure agreement contain in {Germany|California|India}?",
		"How do I write a fair performance review? Give me a template without names.",
		"What is attorney-client privilege, in plain words?",
		"Explain the GDPR's Art. {5-90} in two sentences.",
		"What is the notice period for employees with {2-20} years of service?",
		"Draft a friendly reminder that the {kitchen|parking|travel} policy applies to all.",
		"What do the TLP colours mean in threat intelligence sharing?",
		"What is the difference between confidential and secret in a classification scheme?",
		"Write a job advert for a {nurse|welder|data engineer} in {Leeds|Turin|Graz}.",
		"Which documents does one need to apply for a passport or a driving licence?",
	)(r)
}

func fiction(r *rand.Rand) string {
	return from(
		"Write the opening of a crime novel: a {detective|librarian|sailor} finds a {key|letter|map} in {a tin|an old coat|a church}.",
		"The {dragon|robot|ghost} of {Castle Dun|the tower|Pier {1-9}} speaks only at midnight. Continue the story in {100-400} words.",
		"In the year {2100-2900} the ship carried {200-900} colonists and {10000-90000} seeds. Describe the first morning.",
		"Dialogue: a {baker|wizard|pilot} explains to a child why {the moon|bread|rain} matters.",
		"Give the villain a better name and a motive that is not revenge. The scene has {300-900} words.",
		"She whispered the secret password to the door and it opened. What lies behind it?",
	)(r)
}

func numbers(r *rand.Rand) string {
	return from(
		"Sort these numbers: {#5}, {#4}, {#6}, {#5}, {#3}.",
		"Order {#3}-{#7}-{#7} has not arrived. What should I write to the shop?",
		"The parcel 1Z{#3}AA{#10} is stuck in customs, draft a complaint.",
		"Tracking number {#12}: status unchanged since Monday.",
		"Ticket #{#6} and case {#8} are duplicates, merge them.",
		"Population: {#7}; area: {#5} km2; density: {#3}.",
		"Serial {#10}, lot {#6}, shelf {10-99}-{10-99}-{100-999}.",
		"Invoice {2019-2026}-{#5} over {#4}.{10-99} EUR is due in {10-60} days.",
		"Solve: {#4} * {#3} - {#5} / {2-9}",
		"The counters read {#9}, {#9} and {#9} after the test.",
		"ISBN 978-{0-9}-{#2}-{#6}-{0-9} seems to be out of print.",
		"EAN {#13} and article {#8} are both on the label.",
		"Measured values: 0.{#16}, 1.{#15}, 3.14159265358979",
	)(r)
}

func identifiers(r *rand.Rand) string {
	return from(
		"commit {x#40}\nAuthor: the build bot\n\n    fix the {parser|cache|index}",
		"request_id={x#8}-{x#4}-4{x#3}-a{x#3}-{x#12} took {10-900} ms",
		"sha256:{x#64}",
		"\"integrity\": \"sha512-{x#64}{x#22}==\"",
		"md5 of the archive is {x#32}, does that match?",
		"trace {x#32} span {x#16} parent {x#16}",
		"etag: W/\"{x#20}\"",
		"image: registry.local/app@sha256:{x#64}",
		"color: #{x#6}; background: #{x#3}; outline: #{x#8}",
		"uuid {x#8}-{x#4}-1{x#3}-8{x#3}-{x#12} is a version one id",
		"pod/{billing|search}-{x#10}-{x#5} restarted {2-40} times",
		"arn:aws:s3:::{assets|backups}-{eu|us}-{x#6}",
	)(r)
}

func versions(r *rand.Rand) string {
	return from(
		"After upgrading from {1-20}.{0-30}.{0-60} to {2-21}.{0-30}.{0-60} the build fails. Why?",
		"Chrome/{90-130}.0.{4000-6999}.{10-199} on Windows NT 10.0 shows a blank page.",
		"kernel {4-6}.{1-19}.0-{10-90}-generic #{10-99}~22.04.1-Ubuntu",
		"golang.org/x/net v0.{10-60}.{0-9} => v0.{10-60}.{0-9}",
		"Firmware {1-9}.{10-99}.{100-999}.{1000-9999} is the newest one.",
		"dependency {left|right}-pad@{1-9}.{0-20}.{0-20} has a moderate advisory",
		"Section {1-12}.{1-20}.{1-9}.{1-9} of the manual contradicts section {1-12}.{1-9}.",
		"listen 10.{0-255}.{0-255}.{1-254}:{1024-65000}; server 192.168.{0-255}.{1-254};",
		"The example uses 192.0.2.{1-254} and 203.0.113.{1-254} only.",
	)(r)
}

func times(r *rand.Rand) string {
	t := time.Unix(1_600_000_000+r.Int64N(200_000_000), r.Int64N(1e9)).UTC()
	return fmt.Sprintf(pick(r, []string{
		"The event at %[1]s has epoch %[2]d, is that right?",
		"created_at=%[2]d updated_at=%[3]d",
		"{\"ts\": %[3]d, \"seq\": 17}",
		"From %[1]s on the job ran every 90 seconds.",
		"Meeting moved to %[4]s, room 4.",
		"stamp %[5]d (nanoseconds) or %[3]d (milliseconds)?",
	}), t.Format(time.RFC3339), t.Unix(), t.UnixMilli(), t.Format("Mon, 02 Jan 2006 15:04"), t.UnixNano())
}

func retail(r *rand.Rand) string {
	return from(
		"Write a product text for a {lamp|kettle|backpack}, model {A|B|K}{100-999}-{10-99}, {#2}.{10-99} EUR, {200-900} g.",
		"Our opening hours are 9:00-18:30, closed on {01-12}/{01-28}.",
		"The size chart: S {80-90}-{91-99}, M {92-99}-{100-105}, L {106-110}-{111-119}.",
		"SKU {#4}-{#3}-{#4} is sold out in {Bonn|Lyon|Gdansk}.",
		"Compare the phones X{10-20} and Y{1-9} Pro: {128-512} GB, {4000-5500} mAh.",
		"{20-90} % off with the code {SPRING|HELLO|LUCKY}{10-99}!",
		"Warranty {2-5} years; spare part no. {#3}.{#3}.{#2}.",
		"Delivery to post code {#5} takes {2-9} days.",
	)(r)
}

func configuration(r *rand.Rand) string {
	return from(
		"server:\n  port: {1024-65000}\n  timeout: {10-90}s\n  workers: {2-64}\nIs this YAML valid?",
		"token_limit={1000-9000}\nmax_tokens={100-900}\ntokenizer=cl100k_base",
		"password_min_length={8-20}\npassword_expiry_days={30-120}\nrequire_mfa=true",
		"secretName: tls-{web|api}\nsecretKeyRef:\n  name: {orders|billing}\n  key: url",
		"SECRET_KEY = os.environ[\"SECRET_KEY\"]  # is that good practice?",
		"api_key: ${{ secrets.API_KEY }}\npassword: ${DB_PASSWORD}",
		"keyboard: qwertz\nmonkey_test: {true|false}\nauthor: team",
		"primary_key = id\nforeign_key = order_id\nsort_key = created_at\npartition_key = region",
		"auth: none\ntoken_type: bearer\ngrant_type: client_credentials",
		"access_token_lifetime: {300-7200}\nrefresh_token_rotation: on",
	)(r)
}

func placeholders(r *rand.Rand) string {
	return from(
		"export API_KEY=<your-api-key>",
		"api_key = \"YOUR_API_KEY_HERE\"",
		"password: changeme, is that a bad default?",
		"curl -H 'Authorization: Bearer $TOKEN' https://api.vendor.io",
		"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE is what the documentation shows.",
		"sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx should be replaced by your key",
		"Card ending in {1000-9999}: **** **** **** {1000-9999} was charged.",
		"The pattern is XXX-XX-XXXX for the SSN and NNNN NNNN NNNN NNNN for cards.",
		"The famous invalid SSN 078-05-1120 was printed in wallets.",
		"phone: 555-01{10-99} is reserved for films",
		"DE00 0000 0000 0000 0000 00 is a dummy, not a valid IBAN.",
		"password = getpass.getpass(\"Password: \")",
		"passwd: ********  user: ********",
		"email: name@domain or @handle",
	)(r)
}

func logExcerpt(r *rand.Rand) string {
	var out []byte
	for range 3 + r.IntN(15) {
		out = corpus.Log(r, out)
	}
	return pick(r, []string{"What is going on here?\n", "", "Summarise:\n"}) + string(out)
}

func otherLanguages(r *rand.Rand) string {
	return from(
		"Wie lange muss man {Kartoffeln|Linsen|Nudeln} kochen und was kostet das Kilo mit {1-4},{10-99} Euro im Vergleich?",
		"Erkläre mir die Aktenzeichen {1-9} C {100-999}/{10-24} und was ein Passwort sicher macht.",
		"Quelle est la différence entre {un impôt|une taxe} et {une redevance|un droit} ? Donne {3-9} exemples.",
		"¿Cómo se dice {gracias|buenos días} en {3-9} idiomas? El pedido {#6} llegó tarde.",
		"Scrivi una ricetta per {4-8} persone con {funghi|zucca|ceci}, {20-90} minuti.",
		"Explique o que é {inflação|fotossíntese} em {3-9} frases simples.",
		"Schrijf een korte tekst over {fietsen|schaatsen|tulpen} van {100-300} woorden.",
		"Napisz {3-9} zdań o {zimie|morzu|lesie} dla dzieci w wieku {6-12} lat.",
		"请用{3-9}句话解释什么是{光合作用|通货膨胀|密码学}。",
		"{東京|京都|大阪}で{2-5}日間の旅行計画を立ててください。予算は{10000-90000}円です。",
		"Объясни, что такое {инфляция|фотосинтез}, в {3-9} предложениях.",
		"{3-9} cümleyle {enflasyonu|mevsimleri} açıkla.",
	)(r)
}

func maths(r *rand.Rand) string {
	return from(
		"Integrate x^{2-9} * sin({2-9}x) dx.",
		"Pi to 30 digits is 3.141592653589793238462643383279, how many are needed to send a probe to {Mars|Saturn}?",
		"Matrix [[{1-9},{1-9}],[{1-9},{1-9}]] - compute its eigenvalues.",
		"{#12} mod {#5} = ?",
		"List the primes between {1000-9000} and {9001-9999}.",
		"2^{20-64} = ? And {#10} in hexadecimal?",
		"Coordinates 4{0-9}.{#4}, {1-9}.{#4} and 5{0-9}.{#6}, {10-19}.{#6}: how far apart?",
		"The series 1, 1, 2, 3, 5, 8 ... what is element {20-90}?",
		"{#4} x {#4} pixels at {60-300} dpi is how many inches?",
	)(r)
}
