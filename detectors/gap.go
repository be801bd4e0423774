package detectors

// A Gap is something that could not be inspected. The policy answers it like a
// finding. It holds a cause, a schema locator and a size, never an error's
// text: parsers quote what they read.
type Gap struct {
	Cause   Cause
	Locator string
	Size    int64 // bytes not inspected; 0 when unknown
}

// A Cause says why something could not be inspected.
type Cause string

// The causes, all of them; REQUIREMENTS' matrix says what each profile does.
const (
	CauseOversize             Cause = "oversize"
	CauseSpoolFull            Cause = "spool_full"
	CauseTimeout              Cause = "timeout"
	CauseWorkBudget           Cause = "work_budget"
	CauseTooManyFindings      Cause = "too_many_findings"
	CauseDecodeError          Cause = "decode_error"
	CauseDecodeBomb           Cause = "decode_bomb"
	CauseUnknownFormat        Cause = "unknown_format"
	CauseUnknownEndpoint      Cause = "unknown_endpoint"
	CauseUnsupportedEncoding  Cause = "unsupported_encoding"
	CauseEncryptedFile        Cause = "encrypted_file"
	CauseNotRewritable        Cause = "not_rewritable"
	CauseParserCrash          Cause = "parser_crash"
	CauseImage                Cause = "image"
	CauseAudio                Cause = "audio"
	CauseTokensAsNumbers      Cause = "tokens_as_numbers"
	CauseOpaqueProviderBlob   Cause = "opaque_provider_blob"
	CauseReference            Cause = "reference"
	CauseEngineError          Cause = "engine_error"
	CauseOverload             Cause = "overload"
	CauseAuditUnwritable      Cause = "audit_unwritable"
	CauseIdentityUnavailable  Cause = "identity_unavailable"
	CausePolicyStale          Cause = "policy_stale"
	CauseUpstreamError        Cause = "upstream_error"
	CauseTunnelUnsniffable    Cause = "tunnel_unsniffable"
	CauseWebSocketUninspected Cause = "websocket_uninspected"
)

// Causes returns every cause, in the order of the table above.
func Causes() []Cause {
	return []Cause{
		CauseOversize, CauseSpoolFull, CauseTimeout, CauseWorkBudget, CauseTooManyFindings,
		CauseDecodeError, CauseDecodeBomb, CauseUnknownFormat, CauseUnknownEndpoint,
		CauseUnsupportedEncoding, CauseEncryptedFile, CauseNotRewritable, CauseParserCrash,
		CauseImage, CauseAudio, CauseTokensAsNumbers, CauseOpaqueProviderBlob, CauseReference,
		CauseEngineError, CauseOverload, CauseAuditUnwritable, CauseIdentityUnavailable,
		CausePolicyStale, CauseUpstreamError, CauseTunnelUnsniffable, CauseWebSocketUninspected,
	}
}
