package mailconf

import (
	"net/netip"
	"time"
)

// Params holds the parameters that every Postfix program evaluates when it
// starts, in stock's order, and what is derived from them. Get it from
// InitParams. Fields of class Time are whole seconds.
//
// postfix: src/global/mail_params.c mail_params_init
type Params struct {
	// Evaluated first: they decide how later ones are read and logged.

	CompatibilityLevel       string // compatibility_level
	MailVersion              string // mail_version
	SyslogFacility           string // syslog_facility; one of the names of syslog(3), checked
	InetProtocols            string // inet_protocols
	MultiInstanceDirectories string // multi_instance_directories
	MultiInstanceGroup       string // multi_instance_group
	MultiInstanceName        string // multi_instance_name
	MaillogFile              string // maillog_file
	MaillogFilePrefixes      string // maillog_file_prefixes
	MaillogFileCompressor    string // maillog_file_compressor
	MaillogFileRotateSuffix  string // maillog_file_rotate_suffix
	PostlogServiceName       string // postlog_service_name
	DNSSECProbe              string // dnssec_probe
	KnownTCPPorts            string // known_tcp_ports

	DaemonTableOpenErrorIsFatal bool // daemon_table_open_error_is_fatal; switches surrogate tables off
	DNSNcacheTTLFixEnable       bool // dns_ncache_ttl_fix_enable
	SMTPUTF8Enable              bool // smtputf8_enable
	EnableIDNA2003Compatibility bool // enable_idna2003_compatibility
	RespectfulLogging           bool // respectful_logging

	// Derived from the host where they are not set.

	MyHostname string // myhostname; a valid host name
	MyDomain   string // mydomain; a valid host name

	// Text.

	MailName                      string // mail_name
	SyslogName                    string // syslog_name
	MailOwner                     string // mail_owner
	SetgidGroup                   string // setgid_group
	MyDestination                 string // mydestination
	MyOrigin                      string // myorigin; where that names a file, the file's first line
	RelayHost                     string // relayhost
	DaemonDirectory               string // daemon_directory
	DataDirectory                 string // data_directory
	CommandDirectory              string // command_directory
	MetaDirectory                 string // meta_directory
	QueueDirectory                string // queue_directory
	ShlibDirectory                string // shlib_directory
	ProcessIDDirectory            string // process_id_directory
	InetInterfaces                string // inet_interfaces
	ProxyInterfaces               string // proxy_interfaces
	DoubleBounceSender            string // double_bounce_sender
	DefaultPrivs                  string // default_privs
	AliasDatabase                 string // alias_database
	MailReleaseDate               string // mail_release_date
	DefaultDatabaseType           string // default_database_type
	HashQueueNames                string // hash_queue_names
	RecipientDelimiter            string // recipient_delimiter
	RelayDomains                  string // relay_domains
	FastFlushDomains              string // fast_flush_domains
	ExportEnvironment             string // export_environment
	ImportEnvironment             string // import_environment
	MyNetworksStyle               string // mynetworks_style
	DebugPeerList                 string // debug_peer_list
	DefaultVERPDelimiters         string // default_verp_delimiters
	VERPDelimiterFilter           string // verp_delimiter_filter
	ParentDomainMatchesSubdomains string // parent_domain_matches_subdomains
	AlternateConfigDirectories    string // alternate_config_directories
	BounceServiceName             string // bounce_service_name
	CleanupServiceName            string // cleanup_service_name
	DeferServiceName              string // defer_service_name
	PickupServiceName             string // pickup_service_name
	QueueServiceName              string // queue_service_name
	RewriteServiceName            string // rewrite_service_name
	ShowqServiceName              string // showq_service_name
	ErrorServiceName              string // error_service_name
	FlushServiceName              string // flush_service_name
	VerifyServiceName             string // address_verify_service_name
	TraceServiceName              string // trace_service_name
	ProxymapServiceName           string // proxymap_service_name
	ProxywriteServiceName         string // proxywrite_service_name
	InternalMailFilterClasses     string // internal_mail_filter_classes
	MultiInstanceWrapper          string // multi_instance_wrapper
	DefaultDeliveryStatusFilter   string // default_delivery_status_filter
	SMTPUTF8AutodetectClasses     string // smtputf8_autodetect_classes
	MessageDropHeaders            string // message_drop_headers
	InfoLogAddressFormat          string // info_log_address_format

	// Numbers.

	DefaultProcessLimit         int   // default_process_limit
	MaxUse                      int   // max_use
	DontRemove                  int   // dont_remove
	LineLengthLimit             int   // line_length_limit
	HashQueueDepth              int   // hash_queue_depth
	ForkAttempts                int   // fork_attempts
	DeliverLockAttempts         int   // deliver_lock_attempts
	DebugPeerLevel              int   // debug_peer_level
	FaultInjectionCode          int   // fault_injection_code
	BerkeleyDBCreateBufferSize  int   // berkeley_db_create_buffer_size
	BerkeleyDBReadBufferSize    int   // berkeley_db_read_buffer_size
	HeaderSizeLimit             int   // header_size_limit
	HeaderAddressTokenLimit     int   // header_address_token_limit
	MIMENestingLimit            int   // mime_nesting_limit
	MIMEBoundaryLengthLimit     int   // mime_boundary_length_limit
	DelayLoggingResolutionLimit int   // delay_logging_resolution_limit
	TCPWindowSize               int   // tcp_windowsize; 0: the system's
	MessageSizeLimit            int64 // message_size_limit; bytes, 0: none
	LMDBMapSize                 int64 // lmdb_map_size; bytes

	// Yes or no.

	DisableDNSLookups                bool // disable_dns_lookups
	SoftBounce                       bool // soft_bounce
	OwnerRequestSpecial              bool // owner_request_special
	Strict8BitMIME                   bool // strict_8bitmime
	Strict7BitHeaders                bool // strict_7bit_headers
	Strict8BitMIMEBody               bool // strict_8bitmime_body
	StrictMIMEEncodingDomain         bool // strict_mime_encoding_domain
	DisableMIMEInputProcessing       bool // disable_mime_input_processing
	DisableMIMEOutputConversion      bool // disable_mime_output_conversion
	VerifyNegativeCache              bool // address_verify_negative_cache
	BackwardsBounceLogfileCompatible bool // backwards_bounce_logfile_compatibility
	HelpfulWarnings                  bool // helpful_warnings
	SendCyrusSASLAuthzid             bool // send_cyrus_sasl_authzid
	MultiInstanceEnable              bool // multi_instance_enable
	EnableLongQueueIDs               bool // enable_long_queue_ids
	StrictSMTPUTF8                   bool // strict_smtputf8
	EnableOriginalRecipient          bool // enable_original_recipient

	// Times.

	ApplicationEventDrainTime time.Duration // application_event_drain_time
	MaxIdle                   time.Duration // max_idle
	IPCTimeout                time.Duration // ipc_timeout
	IPCIdle                   time.Duration // ipc_idle
	IPCTTL                    time.Duration // ipc_ttl
	TriggerTimeout            time.Duration // trigger_timeout
	ForkDelay                 time.Duration // fork_delay
	DeliverLockDelay          time.Duration // deliver_lock_delay
	StaleLockTime             time.Duration // stale_lock_time
	DaemonTimeout             time.Duration // daemon_timeout
	InFlowDelay               time.Duration // in_flow_delay

	// Evaluated last.

	MyNetworks string // mynetworks

	// Derived.

	Level      Level             // compatibility_level, parsed
	Legacy     Legacy            // defaults of older versions that are in force
	IPv4       bool              // inet_protocols has ipv4, and so has the kernel
	IPv6       bool              // inet_protocols has ipv6, and so has the kernel
	TCPPorts   map[string]string // known_tcp_ports: name to number; do not change
	OwnAddrs   []netip.Prefix    // inet_interfaces as addresses, with their netmasks
	OwnerUID   int               // mail_owner; -1 if it was not looked up
	OwnerGID   int               // its primary group
	SetgidGID  int               // setgid_group
	DefaultUID int               // default_privs
	DefaultGID int               // its primary group
	PID        int               // process_id
	configFile string            // for messages
	haveAddrs  bool              // OwnAddrs has been computed
	standalone bool              // no main.cf: Postfix's users need not exist
}

// Legacy tells, for each parameter whose default changed at some compatibility
// level, if the old default applies because the level is below and the
// parameter is not set. Programs log a notice when they make use of one.
//
// postfix: src/global/mail_params.c check_legacy_defaults
type Legacy struct {
	// Below 3.6.

	SMTPDTLSFingerprintDigest bool // smtpd_tls_fingerprint_digest
	SMTPTLSFingerprintDigest  bool // smtp_tls_fingerprint_digest
	LMTPTLSFingerprintDigest  bool // lmtp_tls_fingerprint_digest
	RelayBeforeRcptChecks     bool // smtpd_relay_before_recipient_restrictions
	RespectfulLogging         bool // respectful_logging

	// Below 2.

	RelayDomains     bool // relay_domains
	FastFlushDomains bool // fast_flush_domains, and relay_domains
	MyNetworksStyle  bool // mynetworks_style, and mynetworks

	// Below 1.

	AppendDotMyDomain bool // append_dot_mydomain
	SMTPUTF8Enable    bool // smtputf8_enable
	Chroot            bool // the chroot column of master.cf
	RelayRestrictions bool // smtpd_relay_restrictions
}
