package main

import (
	"math/rand/v2"
	"strings"
)

// recordKinds are documents that are marked in twelve languages, and documents
// that nothing marks but that say by two signs or more that they are not public.
// They were written without looking at the rules.
func recordKinds() []documentKind {
	marked := func(lang string, lines ...string) documentKind {
		return documentKind{"confidential.marking", "marked " + lang, lang, func(r *rand.Rand) string {
			line := pick(r, lines)
			return pick(r, []string{line + "\n\n" + businessText(r), "# Steering committee\n\n**" + line + "**\n\n" + businessText(r), businessText(r) + "\n\n" + line + "\nPage 2 of 7"})
		}}
	}
	record := func(typ, lang string, list ...string) documentKind {
		return documentKind{typ, "two signs " + lang, lang, func(r *rand.Rand) string { return template(r, pick(r, list)) }}
	}
	return []documentKind{
		marked("en", "Strictly Confidential", "CONFIDENTIAL - INTERNAL ONLY", "Company Confidential", "Not for external distribution", "Proprietary & Confidential", "Board Confidential"),
		marked("de", "Streng vertraulich", "VERTRAULICH", "Nur für den internen Gebrauch", "Geschäftsgeheimnis"),
		marked("fr", "Strictement confidentiel", "CONFIDENTIEL", "Usage interne uniquement", "Ne pas diffuser"),
		marked("es", "Estrictamente confidencial", "CONFIDENCIAL", "Solo para uso interno"),
		marked("it", "Strettamente riservato", "RISERVATO", "Uso interno"),
		marked("pt", "Estritamente confidencial", "CONFIDENCIAL", "Uso restrito"),
		marked("nl", "Strikt vertrouwelijk", "VERTROUWELIJK", "Alleen voor intern gebruik"),
		marked("pl", "Ściśle poufne", "POUFNE", "Tylko do użytku wewnętrznego"),
		marked("sv", "Strängt konfidentiellt", "Endast för internt bruk"),
		marked("ru", "Строго конфиденциально", "КОММЕРЧЕСКАЯ ТАЙНА"),
		marked("zh", "机密", "内部资料", "绝密"),
		marked("ja", "社外秘", "極秘", "取扱注意"),
		record("confidential.mergers", "en",
			"Update for the deal team: our non-binding offer for {Globex|Initech|Hooli} values the company at {2-9} billion; exclusivity ends in {March|June}. Nobody outside may know.",
			"We have signed the letter of intent to buy {Globex|Vandelay}. The data room opens on Monday. Please draft questions for due diligence about their {5-40} million debt.",
			"Summarise: the target's EBITDA multiple is {6-14}x, we expect synergies of {10-90} million, the share purchase agreement goes to the board on {3-28} May, announcement only after signing."),
		record("confidential.financial", "en",
			"These are the preliminary results, please polish: net revenue {100-900} million, operating margin {5-30} %, we will miss the consensus. The release is embargoed until {3-28} July.",
			"Unaudited: cash {10-90} million, burn rate {2-9} million a month, runway {5-20} months. For the board pack only.",
			"Confidential draft of the forecast for FY27: sales {300-900} million, EBIT {20-90} million, headcount minus {5-20} %."),
		record("confidential.hr", "en",
			"Please write the termination letter for our {controller|team lead} {Jan|Maria} {Novak|Berg}; severance is {2-6} monthly salaries of {3000-9000} EUR, the works council knows.",
			"Written warning: the employee came late {3-9} times, bonus of {1000-9000} is withheld, second step is dismissal. Make it firm.",
			"Compensation review: {Anna|Peter} earns {50-90}k base salary, her manager proposes a raise of {3-12} % and {10-90} RSU."),
		record("confidential.legal", "en",
			"Our outside counsel estimates exposure of {2-40} million in the {Globex|Initech} litigation and advises to settle before the deposition of our CFO.",
			"Draft the reply: in case no. {20-26}-cv-{#5} we have authority to settle for up to {100-900} thousand; do not disclose our reserve to the plaintiff.",
			"Privileged: the general counsel wants a memo on the antitrust investigation, the subpoena and our litigation hold."),
		record("confidential.product", "en",
			"Codename {Basalt|Tundra|Merlin}: the prototype ships in Q{1-4}, unit cost {40-90} USD, list price {199-499}. Competitors must not hear of it.",
			"Unannounced feature list for the spring release; pricing moves to {9-49} per seat in {April|May}. Write the internal FAQ.",
			"Our roadmap (not public): launch in {March|October}, supplier is {Acme|Vandelay}, margin target {30-60} %."),
		record("confidential.security", "en",
			"Pentest result: remote code execution on the VPN gateway, CVSS 9.{1-9}, still open in production. Rephrase for management.",
			"Incident report: attackers exfiltrated {10-90} GB from our file servers after a phishing mail; the domain controller was compromised for {2-9} days.",
			"The vulnerability assessment lists {3-20} critical findings, among them default credentials on our billing hosts, not yet fixed."),
		record("confidential.financial", "de", "Vertraulich, noch nicht veröffentlicht: Umsatz im {1-4}. Quartal {20-90},{1-9} Millionen Euro, Ergebnis {10-30} % unter Plan. Bitte formuliere die Ad-hoc-Mitteilung."),
		record("confidential.mergers", "de", "Vertraulich: Wir prüfen die Übernahme der {Beta|Gamma} GmbH, Kaufpreis {10-90} Millionen, der Datenraum ist ab Montag offen."),
		record("confidential.hr", "de", "Bitte schreibe ein Kündigungsschreiben für die Mitarbeiterin {Anna|Eva} Berg, Abfindung {2-6} Gehälter zu {3000-6000} Euro, der Betriebsrat ist informiert."),
		record("confidential.financial", "fr", "Confidentiel, pas encore publié : chiffre d'affaires du trimestre {20-90} millions d'euros, résultats en baisse de {3-20} %."),
		record("confidential.hr", "fr", "Rédige la lettre de licenciement de {Marie|Paul} Moreau, salarié depuis {2000-2020}, salaire {2000-5000} euros, indemnité de {2-6} mois."),
		record("confidential.mergers", "es", "Confidencial: preparamos la adquisición de {Beta|Gamma} S.A., precio {10-90} millones, due diligence en {mayo|junio}."),
	}
}

// business makes prompts of offices in which nothing is confidential, though
// they speak of what is, or end in the small print of a mail.
func business(r *rand.Rand) string {
	disclaimer := pick(r, []string{
		"\n\nThis e-mail and any attachments are confidential and intended solely for the addressee. If you are not the intended recipient, please notify the sender and delete it.",
		"\n\nCONFIDENTIALITY NOTICE: The contents of this email may be privileged. If you have received it in error, delete it.",
		"\n\nDiese E-Mail kann vertrauliche Informationen enthalten. Wenn Sie nicht der richtige Adressat sind, vernichten Sie sie bitte.",
		"\n\nCe message est confidentiel et réservé à son destinataire. Merci de le supprimer si vous l'avez reçu par erreur.",
		"",
	})
	if r.IntN(3) == 0 {
		return businessText(r) + disclaimer
	}
	return template(r, pick(r, []string{
		"Write a {friendly|firm} reminder that expense reports are due on the {3-28}th.",
		"Which sections should a board pack for a company with {20-900} employees have?",
		"Compare {2-5} tools for managing a product roadmap and recommend one for a team of {5-40}.",
		"How do public companies usually handle an earnings embargo and the quiet period?",
		"Give me an outline for a course about mergers and acquisitions: due diligence, valuation, integration.",
		"{Microsoft|Google|Siemens} announced the acquisition of a start-up for {2-9} billion dollars yesterday. What could the reasons be?",
		"The press reports that {Ford|Sony|Nestlé} missed its revenue guidance by {2-9} %. Explain what that means for shareholders.",
		"Draft a generic performance improvement plan that managers can adapt. No names.",
		"What severance do employees get in {France|Spain|the UK} after {2-20} years?",
		"Please translate into German: our office is closed on Monday, the {kitchen|lift|printer} is being repaired.",
		"Write a job advert for a {litigation|tax|product} counsel in {Leeds|Turin}, salary {50-90}k.",
		"Explain the difference between a penetration test and a vulnerability scan to a customer.",
		"What are good questions for a supplier audit? We buy {screws|paper|chips} in {Asia|Poland}.",
		"Turn this into bullet points: sales grew in the north, flat in the south, the fair in {May|June} went well, thanks to all.",
		"Our cafeteria launches a new menu in Q{1-4}; pricing starts at {4-9} EUR. Write a short announcement for all staff.",
		"Plan the launch party of our public beta on {3-28} {May|June} for {20-90} guests.",
		"Is a confidentiality agreement needed before showing a prototype to a {friend|investor}?",
		"Summarise the published annual report: revenue {10-90} million, profit {2-9} million, {100-900} employees.",
		"What does TLP:GREEN allow me to share? And what is CUI?",
		"Write a polite mail to a supplier: the invoice {#5} over {#4} EUR shows the wrong date.",
		"Make the minutes shorter: we discussed the roadmap of the website, the budget of {2-9} thousand, and the picnic.",
		"Give a manager tips for a salary talk with an employee who wants {3-12} % more.",
	})) + strings.Repeat(disclaimer, r.IntN(2))
}
