package main

import (
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strings"
)

const (
	lower62 = "abcdefghijklmnopqrstuvwxyz0123456789"
	all62   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	hex16   = "0123456789abcdef"
	base32s = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
)

// token makes a prefix, random characters, and perhaps more of both.
func token(parts ...any) generator {
	return func(r *rand.Rand) string {
		var b strings.Builder
		for i := 0; i < len(parts); i += 3 {
			b.WriteString(parts[i].(string))
			b.WriteString(some(r, parts[i+1].(string), parts[i+2].(int)))
		}
		return b.String()
	}
}

// secretGenerators make credentials at run time in the published formats; none
// was ever given out.
func secretGenerators() map[string]generator {
	return map[string]generator{
		"secret.private_key":    privateKey,
		"secret.aws_access_key": token("AKIA", base32s, 16),
		"secret.aws_secret_key": func(r *rand.Rand) string { return some(r, all62+"+/", 40) },
		"secret.gcp_api_key":    token("AIza", all62+"_-", 35),
		"secret.azure_storage_key": func(r *rand.Rand) string {
			b := make([]byte, 64)
			for i := range b {
				b[i] = byte(r.IntN(256))
			}
			return base64.StdEncoding.EncodeToString(b)
		},
		"secret.azure_client_secret": token("", all62, 3, "8Q~", all62+"-_", 34),
		"secret.digitalocean_token":  token("dop_v1_", hex16, 64),
		"secret.openai_key": func(r *rand.Rand) string {
			return pick(r, []string{"sk-proj-", "sk-svcacct-"}) + some(r, all62+"_-", 74) + "T3BlbkFJ" + some(r, all62+"_-", 74)
		},
		"secret.anthropic_key":     token("sk-ant-api03-", all62+"_-", 93, "AA", "", 0),
		"secret.huggingface_token": token("hf_", all62[:52], 34),
		"secret.groq_key":          token("gsk_", all62, 52),
		"secret.replicate_token":   token("r8_", all62, 37),
		"secret.perplexity_key":    token("pplx-", all62, 48),
		"secret.github_token": func(r *rand.Rand) string {
			body := some(r, all62, 30)
			return pick(r, []string{"ghp_", "gho_", "ghs_"}) + body + base62Of(crc32.ChecksumIEEE([]byte(body)), 6)
		},
		"secret.gitlab_token": token("glpat-", all62+"_-", 20),
		"secret.npm_token": func(r *rand.Rand) string {
			b := some(r, all62, 30)
			return "npm_" + b + base62Of(crc32.ChecksumIEEE([]byte(b)), 6)
		},
		"secret.pypi_token":        token("pypi-AgEIcHlwaS5vcmc", all62+"_-", 150),
		"secret.rubygems_key":      token("rubygems_", hex16, 48),
		"secret.docker_token":      token("dckr_pat_", all62+"_-", 27),
		"secret.slack_token":       token("xoxb-", "123456789", 12, "-", "0123456789", 12, "-", all62, 24),
		"secret.slack_webhook":     token("https://hooks.slack.com/services/T", base32s, 9, "/B", base32s, 10, "/", all62, 24),
		"secret.discord_webhook":   token("https://discord.com/api/webhooks/1", "0123456789", 18, "/", all62+"_-", 68),
		"secret.telegram_token":    token("", "123456789", 10, ":AA", all62+"_-", 33),
		"secret.stripe_key":        func(r *rand.Rand) string { return pick(r, []string{"sk_live_", "rk_live_"}) + some(r, all62, 24) },
		"secret.square_token":      token("EAAA", all62+"-_", 60),
		"secret.shopify_token":     token("shpat_", hex16, 32),
		"secret.twilio_key":        token("SK", hex16, 32),
		"secret.sendgrid_key":      token("SG.", all62+"_-", 22, ".", all62+"_-", 43),
		"secret.mailchimp_key":     token("", hex16, 32, "-us", "123456789", 1),
		"secret.brevo_key":         token("xkeysib-", hex16, 64, "-", lower62, 16),
		"secret.newrelic_key":      token("NRAK-", base32s, 27),
		"secret.grafana_token":     token("glsa_", all62, 32, "_", hex16, 8),
		"secret.databricks_token":  token("dapi", hex16, 32),
		"secret.vault_token":       token("hvs.", all62+"_-", 95),
		"secret.terraform_token":   token("", all62, 14, ".atlasv1.", all62, 67),
		"secret.pulumi_token":      token("pul-", hex16, 40),
		"secret.atlassian_token":   token("ATATT3xFfGF0", all62+"_-", 171, "=", hex16, 8),
		"secret.notion_token":      token("ntn_", all62, 46),
		"secret.linear_key":        token("lin_api_", all62, 40),
		"secret.figma_token":       token("figd_", all62+"_-", 40),
		"secret.airtable_token":    token("pat", all62, 14, ".", hex16, 64),
		"secret.postman_key":       token("PMAK-", hex16, 24, "-", hex16, 34),
		"secret.doppler_token":     token("dp.pt.", all62, 43),
		"secret.planetscale_token": token("pscale_tkn_", all62+"_-", 43),
		"secret.age_key":           token("AGE-SECRET-KEY-1", "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58),
		"secret.jwt":               webToken,
		"secret.url_credentials": func(r *rand.Rand) string {
			return pick(r, []string{"postgres", "mysql", "amqp", "redis"}) + "://" + pick(r, []string{"app", "svc_orders", "reporting"}) + ":" + password(r) + "@" + pick(r, []string{"db-1.internal:5432/orders", "queue.prod.local:5672/main"})
		},
		"secret.connection_string": func(r *rand.Rand) string {
			return "Server=tcp:sql-" + some(r, lower62, 5) + ".database.windows.net,1433;Initial Catalog=crm;User ID=crmadmin;Password=" + password(r) + ";Encrypt=True;"
		},
		"secret.password": password,
		"secret.password_hash": func(r *rand.Rand) string {
			return pick(r, []string{"$2b$12$" + some(r, all62+"./", 53), "$6$" + some(r, all62, 12) + "$" + some(r, all62+"./", 86)})
		},
		"secret.generic": token("", all62, 36),
	}
}

// password draws what people choose: words with digits and a sign, or a
// random string of a password manager.
func password(r *rand.Rand) string {
	words := []string{"Winter", "harbor", "Falcon", "copper", "Lantern", "maple", "Orbit", "thistle"}
	if r.IntN(3) == 0 {
		return some(r, all62, 5) + some(r, "!#%*+_", 1) + some(r, all62, 6)
	}
	return pick(r, words) + fmt.Sprint(r.IntN(9000)+100) + some(r, "!#%*", 1) + pick(r, []string{"", pick(r, words)})
}

func base62Of(n uint32, width int) string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	b := make([]byte, width)
	for i := width - 1; i >= 0; i-- {
		b[i] = digits[n%62]
		n /= 62
	}
	return string(b)
}
