package main

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// secretPlaces hold %v; %k is a name that belongs to the service.
var secretPlaces = []struct{ class, text string }{
	{"env file", "PORT=8080\n%k=%v\nDEBUG=false\n"},
	{"shell", "export %k=%v && ./run.sh"},
	{"shell", "why does this return 401?\n$ %k='%v' python app.py"},
	{"code", "const cfg = { region: 'eu', %k: '%v', retries: 3 };"},
	{"code", "client = Client(%k=\"%v\", timeout=10)"},
	{"code", "var %k = \"%v\" // move to a vault later"},
	{"yaml", "services:\n  web:\n    environment:\n      %k: %v\n"},
	{"json", "{\"endpoint\": \"https://api.vendor.io\", \"%k\": \"%v\"}"},
	{"sentence", "I rotated the %k yesterday, the new one is %v, can you test it?"},
	{"sentence", "Is it a problem that I pasted %v (%k) into the ticket?"},
	{"log", "2026-03-02 11:02:17 WARN  config dump: %k=%v, region=eu-west-1"},
	{"yaml block", "deploy:\n  %k: |\n    %v\n  region: eu\n"},
	{"code", "const k = process.env.%k || \"%v\";"},
	{"xml", "<settings>\n  <%k>\n    %v\n  </%k>\n</settings>"},
	{"terraform", "variable \"%k\" {\n  default = \"%v\"\n}\n"},
}

// secretNames are what the keys of a service are called; a type without names
// is recognised by its own form.
func secretNames() map[string][]string {
	return map[string][]string{
		"secret.aws_access_key":      {"AWS_ACCESS_KEY_ID", "aws_access_key_id", "accessKeyId"},
		"secret.aws_secret_key":      {"AWS_SECRET_ACCESS_KEY", "aws_secret_access_key", "aws_secret_key"},
		"secret.azure_storage_key":   {"AccountKey", "AZURE_STORAGE_KEY", "azure_storage_account_key"},
		"secret.azure_client_secret": {"AZURE_CLIENT_SECRET", "clientSecret"},
		"secret.mailchimp_key":       {"MAILCHIMP_API_KEY", "mailchimp_key"},
		"secret.twilio_key":          {"TWILIO_API_KEY", "twilio_api_key_sid"},
		"secret.telegram_token":      {"TELEGRAM_BOT_TOKEN", "telegram_token"},
		"secret.square_token":        {"SQUARE_ACCESS_TOKEN", "square_token"},
		"secret.password":            {"password", "DB_PASSWORD", "passwd", "admin_password", "Password"},
		"secret.password_hash":       {"password_hash", "pw_hash"},
		"secret.generic":             {"api_key", "API_SECRET", "client_secret", "auth_token", "secretKey", "access_token", "SIGNING_SECRET"},
		"secret.terraform_token":     {"TFE_TOKEN", "token"},
	}
}

// passwordSentences hold %v; the words stand in several languages.
var passwordSentences = []struct{ lang, text string }{
	{"en", "The admin password is %v, please log in and check."},
	{"en", "my pw: %v - it stopped working"},
	{"en", "Login with user svc_report and password %v on the staging box"},
	{"en", "passphrase for the backup = %v"},
	{"en", "Username: operator\nPassword: %v"},
	{"de", "Das Passwort lautet %v, bitte ausprobieren."},
	{"de", "Kennwort: %v"},
	{"fr", "Le mot de passe est %v, merci."},
	{"fr", "mot de passe : %v"},
	{"es", "La contraseña es %v y el usuario admin."},
	{"es", "Contraseña: %v"},
	{"it", "La password è %v"},
	{"pt", "A senha é %v"},
	{"nl", "Het wachtwoord is %v"},
	{"pl", "Hasło: %v"},
	{"zh", "密码：%v"},
	{"ja", "パスワードは %v です"},
	{"ru", "Пароль: %v"},
}

// credentials makes n cases of every secret type.
func credentials(r *rand.Rand, n int) []Case {
	gens := secretGenerators()
	types := make([]string, 0, len(gens))
	for typ := range gens {
		types = append(types, typ)
	}
	slices.Sort(types)
	names := secretNames()
	var out []Case
	for _, typ := range types {
		for range n {
			place := pick(r, secretPlaces)
			key := strings.ToUpper(strings.TrimPrefix(typ, "secret."))
			if own, ok := names[typ]; ok {
				key = pick(r, own)
			} else if place.class == "code" || place.class == "json" {
				key = strings.ToLower(key)
			}
			out = append(out, secretCase(typ, place.class, "", key, strings.ReplaceAll(place.text, "%k", key), gens[typ](r)))
		}
	}
	for range n {
		for _, p := range passwordSentences {
			out = append(out, secretCase("secret.password", "sentence", p.lang, p.text, p.text, password(r)))
		}
	}
	for range n {
		out = append(out,
			secretCase("secret.bearer_token", "shell", "", "curl", "curl -s https://api.vendor.io/v2/me -H 'Authorization: Bearer %v'", some(r, all62, 48)),
			secretCase("secret.bearer_token", "code", "", "headers", "headers = {\"Authorization\": \"Bearer %v\", \"Accept\": \"*/*\"}", some(r, all62+"-_", 43)))
	}
	return out
}

func secretCase(typ, class, lang, cue, text, value string) Case {
	var w builder
	before, after, _ := strings.Cut(text, "%v")
	w.text(before)
	w.value(typ, value)
	w.text(after)
	k := w.done(class)
	k.Type, k.Lang, k.Cue = typ, lang, cue
	return k
}
