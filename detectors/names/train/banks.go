package main

import "strings"

// words splits a bank of single words.
func words(s string) []string { return strings.Fields(s) }

// phrases splits a bank of phrases.
func phrases(s string) []string {
	list := strings.Split(s, ";")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}

// Banks that fill the slots of templates.txt; all are general knowledge.
var (
	titles = map[string][]string{
		"en": words("Mr. Mrs. Ms. Mr Mrs Ms Dr. Dr Prof. Professor Miss Judge Officer"),
		"de": words("Herr Frau Dr. Prof."), "fr": words("M. Mme Monsieur Madame Dr Maître"),
		"es": words("Sr. Sra. Don Doña Dr. Dra."), "it": words("Sig. Sig.ra Dott. Avv. Dott.ssa"),
		"pt": words("Sr. Sra. Dr. Dra."), "nl": words("Dhr. Mevr. Dr."), "pl": words("Pan Pani"),
	}
	labels = map[string][]string{
		"en": phrases("Name; Full name; Full Name; Patient; Patient Name; Customer; Customer name; Client; Employee; Contact; Contact person; Attn; Recipient; Signed; Insured; Applicant; Candidate; Student; Guest; Tenant; Cardholder; Account holder; Policyholder; name; full_name; fullName; customer_name; patientName; contact_name; employee; Emergency contact; Requested by; Physician; Attending; Next of kin; Witness; Owner; Assignee; Reporter; Caller; Member; Subscriber; Beneficiary; Passenger; Sender; From; To; Cc"),
		"de": phrases("Name; Vor- und Nachname; Patient; Patientin; Kunde; Kundin; Ansprechpartner; Ansprechpartnerin; Mitarbeiter; Kontoinhaber; Versicherter; Bewerber; Mieter; Empfänger; Absender; Unterschrift"),
		"fr": phrases("Nom; Nom et prénom; Patient; Patiente; Client; Cliente; Destinataire; Salarié; Titulaire; Contact; Locataire; Candidat"),
		"es": phrases("Nombre; Nombre completo; Nombre y apellidos; Paciente; Cliente; Titular; Contacto; Empleado; Destinatario; Solicitante; Asegurado"),
		"it": phrases("Nome; Nome e cognome; Nominativo; Paziente; Cliente; Intestatario; Dipendente; Referente; Richiedente"),
		"pt": phrases("Nome; Nome completo; Paciente; Cliente; Titular; Funcionário; Contato; Destinatário; Solicitante"),
		"nl": phrases("Naam; Volledige naam; Patiënt; Klant; Medewerker; Rekeninghouder; Contactpersoon; Ontvanger"),
		"pl": phrases("Imię i nazwisko; Nazwisko; Pacjent; Pacjentka; Klient; Pracownik; Odbiorca; Wnioskodawca"),
	}
	months = map[string][]string{
		"en": words("January February March April May June July August September October November December"),
		"de": words("Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
		"fr": words("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
		"es": words("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
		"it": words("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"),
		"pt": words("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"),
		"nl": words("januari februari maart april mei juni juli augustus september oktober november december"),
		"pl": words("stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia"),
	}
	days = map[string][]string{
		"en": words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
		"de": words("Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag"),
		"fr": words("lundi mardi mercredi jeudi vendredi samedi dimanche"), "it": words("lunedì martedì mercoledì giovedì venerdì sabato domenica"),
	}
	orgTails = words("Inc Inc. LLC Ltd Ltd. Corp Corporation Group Bank Holdings Partners Industries Technologies Systems Solutions Consulting Pharmaceuticals Airlines Hospital Clinic University College Foundation Institute Insurance Motors Logistics Media Studios Records GmbH AG KG S.A. SpA BV Foods Energy Capital Ventures Labs Health Church School Museum Times Post Journal Magazine Cup Library")
	orgs     = phrases("Google; Microsoft; Apple; Amazon; Meta; Netflix; Tesla; IBM; Oracle; Intel; Nvidia; Siemens; Bosch; Volkswagen; Toyota; Honda; Sony; Samsung; Nestlé; Unilever; Pfizer; Novartis; Goldman Sachs; Morgan Stanley; Deutsche Bank; JP Morgan; Wells Fargo; Credit Suisse; Ernst & Young; Boston Consulting Group; Johnson & Johnson; Procter & Gamble; Harley Davidson; Louis Vuitton; Hugo Boss; Calvin Klein; Ralph Lauren; Marks & Spencer; Ben & Jerry; Washington Post; New York Times; Wall Street Journal; Financial Times; Los Angeles Lakers; Chicago Bulls; Manchester United; Real Madrid; Bayern München; Red Cross; United Nations; European Union; World Health Organization; Supreme Court; White House; Congress; Bundestag; Parliament; House of Commons; Department of Justice; Harvard; Stanford; Oxford; MIT; NASA; FBI; Walmart; Starbucks; McDonald's; Burger King; Pizza Hut; Dunkin Donuts; Ford; General Electric; General Motors; Philip Morris; Merrill Lynch; Lloyd; Barclays; Santander; Telefónica; Carrefour; Renault; Peugeot; Fiat; Ferrari; Lamborghini; Heineken; Philips; Allianz; Lufthansa; Ryanair; Airbus; Boeing; Lockheed Martin; Northrop Grumman; John Deere; Jack Daniel's; Dr Pepper; Mary Kay; Charles Schwab; Dow Jones; Standard & Poor; Hewlett Packard; Rolls Royce; Aston Martin; Mercedes Benz; Alfa Romeo; Estée Lauder; Yves Saint Laurent; Christian Dior; Salvation Army; Mayo Clinic; Johns Hopkins; Carnegie Hall; Madison Square Garden; Lincoln Center")
	works    = phrases("Windows; Windows Server; Office; Excel; Word; PowerPoint; Outlook; Teams; Azure; Azure DevOps; Visual Studio; Visual Studio Code; GitHub Actions; Google Cloud; Google Maps; Gmail; Chrome; Firefox; Safari; Android; Linux; Ubuntu; Debian; Red Hat; Docker; Docker Compose; Kubernetes; Jenkins; Apache Kafka; Apache Spark; Apache Cassandra; Amazon Redshift; Elastic Search; Postgres; MySQL; Redis; Python; Java; Ruby; Julia; Rust; Go; Swift; Kotlin; Scala; Perl; Ada; Pascal; Haskell; Spring Boot; React; Angular; Vue; Django; Flask; Laravel; Jira; Confluence; Slack; Zoom; Salesforce; Tableau; Power BI; Photoshop; Final Cut Pro; Adobe Illustrator; Alexa; Siri; Cortana; Claude; Gemini; Llama; Alpaca; Watson; Einstein; Harry Potter; Star Wars; Game of Thrones; The Lord of the Rings; Hamlet; Romeo and Juliet; Jane Eyre; Anna Karenina; Moby Dick; Don Quixote; The Great Gatsby; Breaking Bad; Stranger Things; Mona Lisa; Starry Night; Super Bowl; World Cup; Champions League; Grand Prix; Nobel Prize; Grand Theft Auto; Call of Duty; Mario Kart; Donkey Kong; Tomb Raider; Big Mac; Bloody Mary; Earl Grey; Granny Smith; Caesar Salad; Tom Collins; Black Forest; Christmas; Easter; Thanksgiving; Black Friday; Cyber Monday; Labor Day; Independence Day; Bitcoin; Ethereum; Tesla Model S; iPhone; Galaxy; Kindle; Playstation; Xbox; Raspberry Pi; Arduino; Lorem Ipsum; Magna Carta; Big Bang; Middle Ages; World War; Cold War; Great Depression; Industrial Revolution; Roman Empire; Renaissance; Milky Way; Machine Learning; Deep Learning; Monte Carlo; Black Scholes; Naive Bayes; Random Forest; Agile; Scrum; Kanban; Six Sigma")
	capWords = words("Access Account Action Active Address Advanced Agenda Agile Air Alert Amount Analysis Annual Apple Application Area Art Article Assessment Asset Audit Auto Back Balance Basic Beach Beauty Benefits Big Bill Black Blue Board Body Book Box Brand Bridge Brown Budget Build Business Button Buyer Calendar Campaign Car Care Case Cash Castle Cat Category Cell Center Chain Chair Change Channel Chart Check Chief Child Choice City Class Clear Client Clinic Close Cloud Club Code Cold Color Command Common Community Complete Computer Concept Config Contract Control Cook Cookie Copy Core Corner Cost Country Course Court Cover Create Credit Cross Crown Culture Current Custom Dark Data Date Dawn Day Deal Dean Default Delivery Design Detail Device Digital Discount Discovery Division Document Domain Door Draft Dream Drive Dry Early Earth East Easy Economy Editor Education Effect Element Energy Engine Entry Error Event Exchange Executive Express Extra Faith Family Farm Fast Feature Federal Field Figure File Final Finance Fire First Fish Flag Flight Floor Flow Food Force Ford Forest Form Forward Foundation Frame Frank Free Fresh Front Full Function Fund Future Game Garden Gate General Gift Glass Global Goal Gold Golden Good Grace Grade Grand Grant Graph Gray Green Ground Group Growth Guide Hall Hand Happy Hard Harbor Health Heart Heat Heavy Help Heritage High Hill History Holiday Home Hope Horizon Host Hotel House Human Hunter Ice Image Impact Income Index Initiative Innovation Input Instance Integration Interest Internal Iron Island Issue Item Jack Job Joint Journey Joy Key Kitchen Knight Lab Lake Land Language Large Law Layer Lead League Learning Legal Level Liberty Library License Light Limit Line List Live Local Lock Log Long Love Low Machine Main Major Manager Manual Map Marine Mark Market Martin Mason Master Matrix Max Meadow Media Meeting Memory Menu Message Metal Method Mill Miller Mobile Mode Model Modern Module Money Moon Morning Motion Mountain Music National Nature Network New Night Noble North Note Number Object Ocean Office Oil Online Open Operation Option Orange Order Origin Output Overview Owner Page Palace Paper Park Parker Part Partner Pass Path Payment Peace Pearl Penny Performance Phase Phone Photo Piece Pilot Pine Pink Pipeline Place Plain Plan Planet Plant Platform Point Policy Pool Pope Port Post Power Premium Price Pride Prime Prince Priority Private Process Product Profile Program Project Property Public Purchase Quality Queen Query Quick Race Rain Random Range Rapid Rate Ray Reading Ready Real Record Red Reed Region Release Report Request Research Reserve Resource Response Result Return Review Rich Ring Rise River Road Robin Rock Room Root Rose Round Royal Rule Safe Safety Sage Sales Sand Savings Scale Scene Schedule School Science Scope Score Screen Script Sea Search Season Second Secret Section Security Select Senior Series Server Service Session Set Shadow Share Shell Shield Shop Short Sign Signal Silver Simple Single Site Sky Smart Smith Snow Social Soft Solar Solid Solution Source South Space Special Speed Spirit Sport Spring Square Stack Staff Stage Standard Star Start State Station Status Steel Step Stock Stone Storage Store Storm Story Strategy Stream Street Strong Student Studio Style Summary Summer Sun Super Supply Support Surface Survey System Table Tag Target Task Tax Taylor Team Tech Template Term Test Text Theme Thunder Ticket Tiger Time Title Token Tool Top Total Touch Tower Town Track Trade Trail Training Transfer Transport Travel Tree Trend Trial Trip Trust Truth Turner Type Union Unit Universal Update Upper User Valley Value Vault Vector Version Victory View Village Violet Virtual Vision Visual Vital Voice Wall Walker Walter Warm Watch Water Wave Web Week Weight West White Wild Wind Window Wing Winter Wise Wolf Wood Word Work World Wright Year Young Zero Zone")
	deNouns  = words("Haus Wohnung Bericht Vertrag Sitzung Rechnung Kunde Zeit Arbeit Schule Kirche Regierung Wirtschaft Bildung Forschung Umwelt Energie Politik Gesellschaft Sprache Musik Kunst Garten Winter Sommer Sonne Berg Wald Stein Bach Koch Bauer Fischer Richter Wolf Fuchs Vogel Hahn Kaiser König Graf Herzog Ritter Jäger Schneider Schuster Weber Müller Zimmermann Becker Wagner Kraft Strom Wasser Feuer Luft Erde Recht Gesetz Verordnung Antrag Formular Verwaltung Behörde Datenschutz Grundlage Mathematik Physik Chemie Medizin Therapie Krankheit Gesundheit Versicherung Steuer Konto Zahlung Preis Angebot Lieferung Bestellung Reise Urlaub Hotel Bahn Auto Straße Brücke Stadt Dorf Land Insel Meer Fluss See Hand Kopf Herz Auge Fuß Kind Mutter Vater Freund Liebe Freiheit Frieden Krieg Geschichte Zukunft Vergangenheit Wissenschaft Technik Maschine Rechner Programm Datei Ordner Fehler Lösung Frage Antwort Beispiel Aufgabe Prüfung")
	plains   = map[string][]string{
		"en": plain,
		"de": words("heute gestern leider wieder schon nicht gerne dringend bezahlt geschickt unterschrieben gekommen abgelehnt neue alten nächste wegen trotz ohne zwei mehr immer noch sehr gut schlecht kurz lange"),
		"fr": words("hier demain encore vraiment toujours jamais nouveau vieille facture dossier réunion contrat refusé accepté signé reçu envoyé rapport retard malade travail semaine prochaine"),
		"es": words("ayer mañana todavía nunca siempre nuevo vieja factura contrato reunión firmado recibido enviado rechazado informe tarde enfermo trabajo semana próxima mucho poco"),
		"it": words("ieri domani ancora sempre mai nuovo vecchia fattura contratto riunione firmato ricevuto inviato rifiutato rapporto tardi malato lavoro settimana prossima molto poco"),
		"pt": words("ontem amanhã ainda sempre nunca novo velha fatura contrato reunião assinado recebido enviado recusado relatório tarde doente trabalho semana próxima muito pouco"),
		"nl": words("gisteren morgen nog altijd nooit nieuwe oude factuur contract vergadering getekend ontvangen gestuurd geweigerd rapport laat ziek werk week volgende veel weinig"),
		"pl": words("wczoraj jutro jeszcze zawsze nigdy nowy stara faktura umowa spotkanie podpisał otrzymał wysłała odmówiła raport późno chory praca tydzień następny bardzo mało"),
	}
	companies = map[string][]string{
		"en": company,
		"de": words("die der das den mit von für und ist war hat dass wenn weil bei nach auf sagte schrieb wohnt arbeitet mein unsere ihr im in an aber oder wird"),
		"fr": words("le la les avec de pour et est était a que si chez dans sur dit travaille habite mon notre son en mais ou par un une ne"),
		"es": words("el la los con de para y es era ha que si en sobre dijo trabaja vive mi nuestro su pero o por un una no se"),
		"it": words("il la i con di per e è era ha che se in su disse lavora abita mio nostro suo ma o da un una non si"),
		"pt": words("o a os com de para e é era tem que se em sobre disse trabalha mora meu nosso seu mas ou por um uma não"),
		"nl": words("de het een met van voor en is was heeft dat als in op zei werkt woont mijn onze zijn maar of door niet"),
		"pl": words("z od dla i jest był ma że jeśli w na powiedział pracuje mieszka mój nasz jego ale lub przez nie się do"),
	}
	plain   = words("green table walked quickly yesterday report broken window since closed seemed really nothing before order payment during slowly large meeting after office later wrong invoice morning delivery contract question missing training salary under review budget team kitchen again without problem always lunch money weekend doctor hospital visit insurance project deadline password laptop phone number school teacher class exam letter package neighbor garden party birthday holiday flight hotel train ticket car garage keys rent lease deposit bank loan account complaint refund")
	company = words("said told asked called wrote lives works joined signed reported confirmed with by from to for and is was the my our about that whether if because when before after contact email call ask meet wife friend colleague boss patient customer client manager director in at on who while since so but has had will can did does needs wants paid sent received thinks knows")
	jobs    = phrases("project manager; sales director; nurse; software engineer; accountant; CEO; CFO; head of marketing; teacher; lawyer; consultant; analyst; Project Manager; Sales Director; Senior Analyst; VP Finance; Head of HR; Data Scientist; plumber; receptionist")
	kin     = words("wife husband mother father sister brother friend spouse daughter son")
	langs   = words("German French English Spanish Italian Chinese American Russian Japanese British Dutch Polish Roman Greek")
	roads   = map[string][]string{
		"en": words("Street Road Avenue Lane Drive Boulevard Court Place Way"), "fr": phrases("rue de; avenue; boulevard; place"),
		"es": phrases("Calle; Avenida; Plaza; Paseo de"), "it": phrases("Via; Piazza; Viale; Corso"), "pt": phrases("Rua; Avenida; Praça; Travessa"),
		"pl": phrases("ul.; al.; pl."),
	}
)
