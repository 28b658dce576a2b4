package smb2

import (
	"bytes"
	"errors"
	"fmt"
)

// rebuild reads all of an element and builds it again from what was
// understood: what a gateway does with what it passes on.
func rebuild(element []byte) ([]byte, error) {
	h, err := ParseHeader(element)
	if err != nil {
		return nil, err
	}
	b := bytes.Clone(element[:HeaderSize])
	switch {
	case h.Has(FlagReply) && h.HasErrorBody():
		return rebuildError(b, element)
	case h.Command() == CommandOplockBreak:
		return rebuildBreak(b, element)
	case h.Has(FlagReply):
		if f := responses[h.Command()]; f != nil {
			return f(b, element)
		}
	case requests[h.Command()] != nil:
		return requests[h.Command()](b, element)
	}
	return nil, fmt.Errorf("no %v", h.Command())
}

// fixed is a body without anything behind it.
func fixed[T any, P interface {
	*T
	AppendBody([]byte) []byte
}](parse func([]byte) (T, error)) func(b, element []byte) ([]byte, error) {
	return func(b, element []byte) ([]byte, error) {
		v, err := parse(element)
		if err != nil {
			return nil, err
		}
		return P(&v).AppendBody(b), nil
	}
}

// with is a body with one buffer behind it.
func with[T any, P interface {
	*T
	Append(b, buffer []byte) []byte
}](parse func([]byte) (T, error), buffer func(P, []byte) ([]byte, error)) func(b, element []byte) ([]byte, error) {
	return func(b, element []byte) ([]byte, error) {
		v, err := parse(element)
		if err != nil {
			return nil, err
		}
		data, err := buffer(&v, element)
		return P(&v).Append(b, data), err
	}
}

var requests = map[Command]func(b, element []byte) ([]byte, error){
	CommandNegotiate:      rebuildNegotiateRequest,
	CommandSessionSetup:   with(ParseSessionSetupRequest, (*SessionSetupRequest).Security),
	CommandLogoff:         fixed(ParseLogoff),
	CommandTreeConnect:    with(ParseTreeConnectRequest, (*TreeConnectRequest).Path),
	CommandTreeDisconnect: fixed(ParseTreeDisconnect),
	CommandCreate:         rebuildCreateRequest,
	CommandClose:          fixed(ParseCloseRequest),
	CommandFlush:          fixed(ParseFlushRequest),
	CommandRead:           rebuildReadRequest,
	CommandWrite:          rebuildWriteRequest,
	CommandLock:           rebuildLockRequest,
	CommandIoctl:          with(ParseIoctlRequest, (*IoctlRequest).Input),
	CommandCancel:         fixed(ParseCancel),
	CommandEcho:           fixed(ParseEcho),
	CommandQueryDirectory: with(ParseQueryDirectoryRequest, (*QueryDirectoryRequest).Name),
	CommandChangeNotify:   fixed(ParseChangeNotifyRequest),
	CommandQueryInfo:      with(ParseQueryInfoRequest, (*QueryInfoRequest).Input),
	CommandSetInfo:        with(ParseSetInfoRequest, (*SetInfoRequest).Data),
}

var responses = map[Command]func(b, element []byte) ([]byte, error){
	CommandNegotiate:      rebuildNegotiateResponse,
	CommandSessionSetup:   with(ParseSessionSetupResponse, (*SessionSetupResponse).Security),
	CommandLogoff:         fixed(ParseLogoff),
	CommandTreeConnect:    fixed(ParseTreeConnectResponse),
	CommandTreeDisconnect: fixed(ParseTreeDisconnect),
	CommandCreate:         rebuildCreateResponse,
	CommandClose:          fixed(ParseCloseResponse),
	CommandFlush:          fixed(ParseFlushResponse),
	CommandRead:           with(ParseReadResponse, (*ReadResponse).Data),
	CommandWrite:          fixed(ParseWriteResponse),
	CommandLock:           fixed(ParseLockResponse),
	CommandIoctl:          with(ParseIoctlResponse, (*IoctlResponse).Output),
	CommandEcho:           fixed(ParseEcho),
	CommandQueryDirectory: with(ParseQueryDirectoryResponse, (*QueryDirectoryResponse).Output),
	CommandChangeNotify:   with(ParseChangeNotifyResponse, (*ChangeNotifyResponse).Output),
	CommandQueryInfo:      with(ParseQueryInfoResponse, (*QueryInfoResponse).Output),
	CommandSetInfo:        fixed(ParseSetInfoResponse),
	CommandServerToClient: fixed(ParseNotification),
}

func rebuildNegotiateRequest(b, element []byte) ([]byte, error) {
	r, err := ParseNegotiateRequest(element)
	if err != nil {
		return nil, err
	}
	list, err := r.Contexts(nil, element)
	return r.Append(b, list), errors.Join(err, typedNegotiateContexts(list))
}

func rebuildNegotiateResponse(b, element []byte) ([]byte, error) {
	r, err := ParseNegotiateResponse(element)
	if err != nil {
		return nil, err
	}
	token, err := r.Security(element)
	if err != nil {
		return nil, err
	}
	list, err := r.Contexts(nil, element)
	return r.Append(b, token, list), errors.Join(err, typedNegotiateContexts(list))
}

func rebuildCreateRequest(b, element []byte) ([]byte, error) {
	r, err := ParseCreateRequest(element)
	if err != nil {
		return nil, err
	}
	name, err := r.Name(element)
	if err != nil {
		return nil, err
	}
	list, err := createContexts(r.Contexts(element))
	return r.Append(b, name, list), errors.Join(err, typedCreateContexts(list, createRequestData))
}

func rebuildCreateResponse(b, element []byte) ([]byte, error) {
	r, err := ParseCreateResponse(element)
	if err != nil {
		return nil, err
	}
	list, err := createContexts(r.Contexts(element))
	return r.Append(b, list), errors.Join(err, typedCreateContexts(list, createResponseData))
}

func createContexts(b []byte, err error) ([]CreateContext, error) {
	if err != nil {
		return nil, err
	}
	return ParseCreateContexts(nil, b)
}

func rebuildReadRequest(b, element []byte) ([]byte, error) {
	r, err := ParseReadRequest(element)
	if err != nil || r.ChannelInfoLength == 0 {
		return r.Append(b, nil), err
	}
	info, err := r.ChannelInfo(element)
	return r.Append(b, info), err
}

func rebuildWriteRequest(b, element []byte) ([]byte, error) {
	r, err := ParseWriteRequest(element)
	if err != nil {
		return nil, err
	}
	if r.Channel != ChannelNone {
		info, err := r.ChannelInfo(element)
		return r.AppendPlaced(b, info), err
	}
	data, err := r.Data(element)
	return r.Append(b, data), err
}

func rebuildLockRequest(b, element []byte) ([]byte, error) {
	r, err := ParseLockRequest(element)
	if err != nil {
		return nil, err
	}
	locks, err := r.Locks(nil, element)
	return r.Append(b, locks), err
}

func rebuildBreak(b, element []byte) ([]byte, error) {
	switch BreakOf(element) {
	case BreakOplock:
		return fixed(ParseOplockBreak)(b, element)
	case BreakLease:
		return fixed(ParseLeaseBreak)(b, element)
	case BreakLeaseAck:
		return fixed(ParseLeaseBreakAck)(b, element)
	}
	return nil, errors.New("unknown break")
}

func rebuildError(b, element []byte) ([]byte, error) {
	r, err := ParseErrorResponse(element)
	if err != nil {
		return nil, err
	}
	data, err := r.Data(element)
	if err != nil {
		return nil, err
	}
	list, err := ParseErrorContexts(nil, data, r.ContextCount)
	if r.ContextCount > 0 {
		data = AppendErrorContexts(nil, list)
	}
	return r.Append(b, data), err
}

// A datum is the data of a context: read, and built again.
type datum func(data []byte) ([]byte, error)

func datumOf[T any, P interface {
	*T
	AppendBody([]byte) []byte
}](parse func([]byte) (T, error)) datum {
	return func(data []byte) ([]byte, error) {
		v, err := parse(data)
		if err != nil {
			return nil, err
		}
		return P(&v).AppendBody(nil), nil
	}
}

var negotiateData = map[NegotiateContextType]datum{
	ContextPreauth:       datumOf(ParsePreauthContext),
	ContextEncryption:    datumOf(ParseEncryptionContext),
	ContextCompression:   datumOf(ParseCompressionContext),
	ContextNetName:       datumOf(ParseNetNameContext),
	ContextTransport:     datumOf(ParseTransportContext),
	ContextRDMATransform: datumOf(ParseRDMATransformContext),
	ContextSigning:       datumOf(ParseSigningContext),
}

var createRequestData = map[string]datum{
	TagLease:           datumOf(ParseLease),
	TagDurable:         datumOf(ParseDurableRequest),
	TagDurableReconn:   datumOf(ParseDurableReconnect),
	TagDurableV2:       datumOf(ParseDurableRequestV2),
	TagDurableReconnV2: datumOf(ParseDurableReconnectV2),
	TagMaximalAccess:   datumOf(ParseMaximalAccessRequest),
	TagAllocationSize:  datumOf(ParseAllocationSize),
	TagTimewarp:        datumOf(ParseTimewarp),
}

var createResponseData = map[string]datum{
	TagLease:         datumOf(ParseLease),
	TagDurable:       datumOf(ParseDurableResponse),
	TagDurableV2:     datumOf(ParseDurableResponseV2),
	TagMaximalAccess: datumOf(ParseMaximalAccessResponse),
	TagDiskID:        datumOf(ParseDiskID),
}

// typedNegotiateContexts builds what is known of the contexts' data again. A
// peer may have padded it.
func typedNegotiateContexts(list []NegotiateContext) error {
	for _, x := range list {
		if d := negotiateData[x.Type]; d != nil {
			if again, err := d(x.Data); err != nil || !bytes.HasPrefix(x.Data, again) {
				return fmt.Errorf("%v: %x became %x, %w", x.Type, x.Data, again, err)
			}
		}
	}
	return nil
}

func typedCreateContexts(list []CreateContext, known map[string]datum) error {
	for _, x := range list {
		if d := known[string(x.Tag)]; d != nil {
			if again, err := d(x.Data); err != nil || !bytes.Equal(x.Data, again) {
				return fmt.Errorf("%s: %x became %x, %w", x.Tag, x.Data, again, err)
			}
		}
	}
	return nil
}
