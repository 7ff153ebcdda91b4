/** Written by `make types` from the API's own description; not by hand. */

export interface components {
    schemas: {
        /**
         * AboutNotification
         * @description A message, and what it said of one alert.
         */
        AboutNotification: {
            /** Id */
            id: number;
            /**
             * Key
             * @description The receiver knows a repetition by it.
             */
            key: string;
            /** Department */
            department: string;
            /** Channel */
            channel: number;
            /** Channel Name */
            channel_name: string;
            /** Channel Kind */
            channel_kind: string;
            /** Kind */
            kind: string;
            /** Severity */
            severity: string;
            /** Thread */
            thread: string;
            /**
             * State
             * @enum {string}
             */
            state: "waiting" | "sending" | "sent" | "given_up" | "withdrawn";
            /** Created At */
            created_at: string;
            /** Due At */
            due_at: string;
            /** Sent At */
            sent_at: string | null;
            /** Attempts */
            attempts: number;
            /** Error */
            error: string | null;
            /** Tries */
            tries: components["schemas"]["TryOut"][];
            /** Said */
            said: string | null;
            /** Flip */
            flip: number | null;
        };
        /**
         * Acting
         * @description What every change may say: the revision that was seen, and who it is.
         */
        Acting: {
            /**
             * Revision
             * @description The revision that you have seen; the header If-Match says the same.
             */
            revision?: number | null;
            /**
             * As
             * @description Who acts, as they want to be named; for the machine's own token alone, which many may hold. Of others: 422.
             */
            as?: string | null;
        };
        /**
         * Action
         * @description What is said with an action.
         */
        Action: {
            /**
             * Revision
             * @description The revision that you have seen; the header If-Match says the same.
             */
            revision?: number | null;
            /**
             * As
             * @description Who acts, as they want to be named; for the machine's own token alone, which many may hold. Of others: 422.
             */
            as?: string | null;
            /**
             * Note
             * @default
             */
            note: string;
        };
        /**
         * AdviceOut
         * @description What to do: everyone, and people whom bad air harms first.
         */
        AdviceOut: {
            general: components["schemas"]["Words"];
            sensitive: components["schemas"]["Words"];
        };
        /**
         * Again
         * @description How messages are to be read, and why; without a fix they are read as they are.
         */
        Again: {
            /** Fix */
            fix?: {
                [key: string]: unknown;
            } | null;
            /**
             * Note
             * @description Why; it is kept with the replay.
             * @default
             */
            note: string;
        };
        /**
         * AggregateOut
         * @description A figure of a zone (or of a whole area: `zone` null) over a sliding window that ends at `at`.
         */
        AggregateOut: {
            /** Key */
            key: string;
            /** Area */
            area: string;
            /** Zone */
            zone: string | null;
            /** Domain */
            domain: string;
            /** Metric */
            metric: string;
            /** Window */
            window: string;
            /** Count */
            count: number;
            /** Mean */
            mean: number | null;
            /** Min */
            min: number | null;
            /** Max */
            max: number | null;
            /** Value */
            value: number | null;
            /** Agg */
            agg: string;
            sensors: components["schemas"]["SensorsOut"];
            /** Newest */
            newest: string | null;
            /** At */
            at: string;
        };
        /** Aggregates */
        Aggregates: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["AggregateOut"][];
        };
        /**
         * AirIndex
         * @description VN_AQI of an hour or a city day. An hour is named by its end.
         *
         *     Of a zone or area it is that of its worst trusted station, `station`. `index` is null where neither PM10 nor PM2.5
         *     is there (`reason`).
         */
        AirIndex: {
            /**
             * Kind
             * @enum {string}
             */
            kind: "hourly" | "daily";
            /** Area */
            area: string;
            /** Zone */
            zone: string | null;
            /** Since */
            since: string;
            /**
             * At
             * @description End of the hour or day, UTC.
             */
            at: string;
            /**
             * City Time
             * @description The same on the city's clock (UTC+7): the hour's label.
             */
            city_time: string;
            /**
             * Day
             * Format: date
             * @description The city day that it belongs to.
             */
            day: string;
            /** Index */
            index: number | null;
            band: components["schemas"]["BandOut"] | null;
            /** Dominant */
            dominant: string | null;
            /** Sub Indices */
            sub_indices: components["schemas"]["SubIndex"][];
            advice: components["schemas"]["AdviceOut"] | null;
            /**
             * Completeness
             * @description That of the dominant pollutant, %.
             */
            completeness: number | null;
            /** Reason */
            reason: string | null;
            station: components["schemas"]["StationOut"];
            /** @description Null for a station's own figure. */
            stations: components["schemas"]["Counted"] | null;
            /** Method */
            method: string;
            /** Legal Basis */
            legal_basis: string;
        };
        /**
         * AirIndices
         * @description By time, then by station, zone or area. `strict` is the literal form of Nowcast.
         */
        AirIndices: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["AirIndex"][];
            method: components["schemas"]["Method"];
            /** Strict */
            strict: boolean;
        };
        /**
         * AlertLedger
         * @description The noise of a span. `sensors` are those that are active now; `retroactive` and `never_fired` told nobody.
         */
        AlertLedger: {
            /** Since */
            since: string;
            /** Until */
            until: string;
            /** Days */
            days: number;
            /** Sensors */
            sensors: number;
            /** Retroactive */
            retroactive: number;
            /** Never Fired */
            never_fired: number;
            all: components["schemas"]["AlertNoise"];
            /** Severities */
            severities: {
                [key: string]: components["schemas"]["AlertNoise"];
            };
            /** Departments */
            departments: components["schemas"]["DepartmentNoise"][];
            /**
             * Rules
             * @description The noisiest first.
             */
            rules: components["schemas"]["RuleNoise"][];
        };
        /**
         * AlertNoise
         * @description Alerts of one kind. Shares are 0 to 1, null where there were none.
         *
         *     Acknowledged are those that a person has answered in any way: acknowledged, assigned, or resolved by hand. Alerts
         *     for which another one spoke (`incident`) were told to nobody: they are in `alerts`, but not among those that had to
         *     be acknowledged. Seconds to the acknowledgement count from when it fired.
         */
        AlertNoise: {
            /** Alerts */
            alerts: number;
            /**
             * Raised
             * @description Alerts, and how often they were raised again.
             */
            raised: number;
            /**
             * Spoken For
             * @description Part of another alert, which spoke for them.
             */
            spoken_for: number;
            /** Flapping Share */
            flapping_share: number | null;
            /** Acknowledged */
            acknowledged: number;
            /** Unacknowledged Share */
            unacknowledged_share: number | null;
            /**
             * Acknowledge S
             * @description Median seconds until somebody acknowledged.
             */
            acknowledge_s: number | null;
            /**
             * Lasted S
             * @description Median seconds from firing to clear, of those that are.
             */
            lasted_s: number | null;
            /** Per 1000 Sensor Days */
            per_1000_sensor_days: number | null;
        };
        /**
         * AlertOut
         * @description An alert. `state` is what was done about it, `condition` what the readings say.
         */
        AlertOut: {
            /** Key */
            key: string;
            /** Id */
            id: number;
            /**
             * Revision
             * @description One more with every change: whoever changes it names the one they saw.
             */
            revision: number;
            /** Rule */
            rule: string;
            /** Rule Version */
            rule_version: number;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /** Kind */
            kind: string;
            /** Severity */
            severity: string;
            /**
             * State
             * @enum {string}
             */
            state: "pending" | "firing" | "acknowledged" | "in_progress" | "resolved" | "closed";
            /**
             * Condition
             * @description lost: the readings have ceased, so that nothing is known.
             * @enum {string}
             */
            condition: "breach" | "clearing" | "clear" | "lost";
            /**
             * Subject
             * @description sensor/ID, sensor/ID/channel, zone/CODE, area/CODE, parent/ID; of alerts about security also address/…, account/…, device/…, wallboard/…, system/….
             */
            subject: string;
            /**
             * Area
             * @description Empty: it is about no place in the city, but about the system.
             */
            area: string;
            /** Zone */
            zone: string | null;
            /** Domain */
            domain: string | null;
            /** Sensor Id */
            sensor_id: string | null;
            /** Sensor Name */
            sensor_name: string | null;
            /** Place */
            place: string | null;
            /** Lat */
            lat: number | null;
            /** Lon */
            lon: number | null;
            /** Channel */
            channel: string | null;
            /** Parent */
            parent: string | null;
            /**
             * Department
             * @description Who handles it.
             */
            department: string | null;
            /** Departments */
            departments: components["schemas"]["ConcernOut"][];
            /**
             * Started At
             * @description Time of the first reading in breach; never changes.
             */
            started_at: string;
            /** Fired At */
            fired_at: string | null;
            /** Cleared At */
            cleared_at: string | null;
            /** Acknowledged At */
            acknowledged_at: string | null;
            /** Acknowledged By */
            acknowledged_by: string | null;
            /** Assigned At */
            assigned_at: string | null;
            /** Assigned To */
            assigned_to: string | null;
            /** Resolved At */
            resolved_at: string | null;
            /** Resolved By */
            resolved_by: string | null;
            /** Closed At */
            closed_at: string | null;
            /** Closed By */
            closed_by: string | null;
            /** Value */
            value: number | null;
            /** Value At */
            value_at: string | null;
            /** Peak */
            peak: number | null;
            /** Peak At */
            peak_at: string | null;
            /** Threshold */
            threshold: number | null;
            /** Unit */
            unit: string;
            /**
             * Legal Basis
             * @description null: an operating threshold, which is no legal limit.
             */
            legal_basis: string | null;
            /** Flapping */
            flapping: boolean;
            /** Raises */
            raises: number;
            /**
             * Retroactive
             * @description Known only when it was over: from readings that came late.
             */
            retroactive: boolean;
            /**
             * Incident
             * @description The alert that speaks for this one.
             */
            incident: number | null;
            /** Escalation */
            escalation: number;
            /** Changed At */
            changed_at: string;
        };
        /** Alerts */
        Alerts: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["AlertOut"][];
        };
        /**
         * AlertsOfShift
         * @description Alerts, the gravest first. `items` has at most 500 of them; the counts are of all.
         */
        AlertsOfShift: {
            /** Count */
            count: number;
            /** Severities */
            severities: {
                [key: string]: number;
            };
            /** Items */
            items: components["schemas"]["AlertOut"][];
        };
        /**
         * Alive
         * @description The process answers.
         */
        Alive: {
            /** Status */
            status: string;
        };
        /**
         * AreaOut
         * @description An operating area.
         */
        AreaOut: {
            /** Code */
            code: string;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /**
             * Valid From
             * Format: date
             */
            valid_from: string;
            /** Valid To */
            valid_to: string | null;
        };
        /** Areas */
        Areas: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["AreaOut"][];
        };
        /**
         * Asked
         * @description Which rule: one that is kept (`code`), or one that is not (`rule`).
         */
        Asked: {
            /** Code */
            code?: string | null;
            /** Rule */
            rule?: {
                [key: string]: unknown;
            } | null;
            /**
             * From
             * @description RFC 3339 with an offset; included. None: 7 days ago.
             */
            from?: string | null;
            /**
             * To
             * @description RFC 3339 with an offset; not included. None: now.
             */
            to?: string | null;
            /**
             * Hysteresis
             * @description Share of the level.
             * @default 0.05
             */
            hysteresis: number;
            /**
             * Quick
             * @description By means of minutes where there are very many readings; a note says so.
             * @default false
             */
            quick: boolean;
        };
        /**
         * Assignment
         * @description Whom it is given to: a person or a crew.
         */
        Assignment: {
            /**
             * Revision
             * @description The revision that you have seen; the header If-Match says the same.
             */
            revision?: number | null;
            /**
             * As
             * @description Who acts, as they want to be named; for the machine's own token alone, which many may hold. Of others: 422.
             */
            as?: string | null;
            /**
             * Note
             * @default
             */
            note: string;
            /** To */
            to: string;
        };
        /**
         * Audit
         * @description A page of the audit, the newest first.
         */
        Audit: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["AuditOut"][];
        };
        /**
         * AuditOut
         * @description One row of the audit.
         */
        AuditOut: {
            /**
             * Id
             * @description Rows are numbered in the order of their commits, without gaps.
             */
            id: number;
            /** At */
            at: string;
            /**
             * Actor
             * @description The account's name; `ioc`: the system itself.
             */
            actor: string;
            /**
             * Account
             * @description The account's number; null: the system, a wallboard, or nobody known.
             */
            account: number | null;
            /**
             * Way
             * @description How they came in: password, oidc, link, token, wallboard, command, service.
             */
            way: string;
            /**
             * Address
             * @description Where from; empty: from this machine's command line, or the system itself.
             */
            address: string;
            /**
             * Action
             * @description A thing and a verb, as `rule.write`.
             */
            action: string;
            /** @description The action for people. */
            name: components["schemas"]["Names"];
            /**
             * Subject
             * @description What it was done to, as `rule air.pm25`.
             */
            subject: string;
            /**
             * Outcome
             * @enum {string}
             */
            outcome: "done" | "refused" | "failed";
            /**
             * Before
             * @description How it stood before; secrets are `***`, and too much is its size and hash.
             */
            before: unknown;
            /**
             * After
             * @description How it stood afterwards.
             */
            after: unknown;
            /** Detail */
            detail: string;
        };
        /**
         * Balance
         * @description Minutes, newest first, and the sum since the first of them all.
         */
        Balance: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Since */
            since: string | null;
            total: components["schemas"]["Sheet"];
            /**
             * Adds Up
             * @description Whether the total and every minute on this page add up.
             */
            adds_up: boolean;
            /** Items */
            items: components["schemas"]["Minute"][];
        };
        /**
         * BandOut
         * @description The band of an index: official name, colour (`colour` is #rrggbb), and its bounds, both included.
         *
         *     `code` is good, moderate, poor, bad, very_bad or hazardous.
         */
        BandOut: {
            /** Code */
            code: string;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /** Colour */
            colour: string;
            /** Colour Vi */
            colour_vi: string;
            /** Rgb */
            rgb: [
                number,
                number,
                number
            ];
            /** Low */
            low: number;
            /** High */
            high: number;
        };
        /**
         * Before
         * @description Earlier alerts of the same rule and subject.
         */
        Before: {
            /** In 30 Days */
            in_30_days: number;
            /** Last */
            last: components["schemas"]["EarlierAlert"][];
        };
        /**
         * Both
         * @description One's password and a code, once more.
         */
        Both: {
            /** Password */
            password: string;
            /** Factor */
            factor: string;
        };
        /**
         * Boundaries
         * @description GeoJSON: zones in WGS 84, each with its code in `properties`.
         */
        Boundaries: {
            /**
             * Type
             * @default FeatureCollection
             * @constant
             */
            type: "FeatureCollection";
            /** Features */
            features: components["schemas"]["Boundary"][];
        };
        /** Boundary */
        Boundary: {
            /**
             * Type
             * @constant
             */
            type: "Feature";
            /** Properties */
            properties: {
                [key: string]: string;
            };
            /** Geometry */
            geometry: {
                [key: string]: unknown;
            };
        };
        /**
         * Bounds
         * @description A plausible range that is only supposed.
         */
        Bounds: {
            /** Domain */
            domain: string;
            /** Metric */
            metric: string;
            /** Low */
            low: number;
            /** High */
            high: number;
        };
        /**
         * ChannelChange
         * @description The channel as it is to be; its department and kind stay.
         */
        ChannelChange: {
            /**
             * Revision
             * @description The revision that you have seen; the header If-Match says the same.
             */
            revision?: number | null;
            /**
             * As
             * @description Who acts, as they want to be named; for the machine's own token alone, which many may hold. Of others: 422.
             */
            as?: string | null;
            /** Department */
            department: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "email" | "webhook" | "cap" | "apprise";
            /** Name */
            name: string;
            /**
             * Address
             * @description email: addresses with commas; webhook: https URL; cap: https URL or feed; apprise: its URL. null: as it is.
             */
            address?: string | null;
            /**
             * Secret
             * @description By which webhooks are signed. null: as it is; a new address needs it anew.
             */
            secret?: string | null;
            /**
             * Config
             * @default {}
             */
            config: {
                [key: string]: unknown;
            };
            /**
             * Severity
             * @description This one and the graver ones.
             * @default info
             * @enum {string}
             */
            severity: "info" | "warning" | "major" | "critical";
            /**
             * Roles
             * @default [
             *       "handles",
             *       "supports",
             *       "informed"
             *     ]
             */
            roles: ("handles" | "supports" | "informed")[];
            /**
             * Outside Hours
             * @description What it takes outside working hours; the rest waits.
             * @default critical
             * @enum {string}
             */
            outside_hours: "all" | "critical" | "none";
            /**
             * Enabled
             * @default true
             */
            enabled: boolean;
        };
        /** ChannelOut */
        ChannelOut: {
            /** Id */
            id: number;
            /** Department */
            department: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "email" | "webhook" | "cap" | "apprise";
            /** Name */
            name: string;
            /**
             * Address
             * @description Only in part.
             */
            address: string;
            /** Has Secret */
            has_secret: boolean;
            /** Config */
            config: {
                [key: string]: unknown;
            };
            /**
             * Severity
             * @enum {string}
             */
            severity: "info" | "warning" | "major" | "critical";
            /** Roles */
            roles: ("handles" | "supports" | "informed")[];
            /**
             * Outside Hours
             * @enum {string}
             */
            outside_hours: "all" | "critical" | "none";
            /** Enabled */
            enabled: boolean;
            /** Revision */
            revision: number;
            /** Changed At */
            changed_at: string;
            /** Changed By */
            changed_by: string;
        };
        /**
         * ChannelTold
         * @description A channel of a department, and why it would not be told now (null: it would).
         */
        ChannelTold: {
            /** Id */
            id: number;
            /** Name */
            name: string;
            /** Kind */
            kind: string;
            /** Why */
            why: ("no_channel" | "channel_off" | "channel_role" | "channel_severity" | "hours" | "silence" | "maintenance") | null;
            /** Vi */
            vi: string;
            /** En */
            en: string;
        };
        /** Channels */
        Channels: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["ChannelOut"][];
        };
        /** Checked */
        Checked: {
            /** Findings */
            findings: components["schemas"]["FindingOut"][];
            /** @description By the newest readings, without hold times; null: cannot be said of this kind of condition. */
            fires_now: components["schemas"]["Fires"] | null;
        };
        /**
         * Chosen
         * @description Which items; a field left out takes all.
         */
        Chosen: {
            /** Reason */
            reason?: string | null;
            /** Shape */
            shape?: string | null;
            /**
             * Sensor
             * @description Id of the sensor.
             */
            sensor?: string | null;
            /**
             * Topic
             * @description Beginning of the topic.
             */
            topic?: string | null;
            /** From */
            from?: string | null;
            /** To */
            to?: string | null;
        };
        /**
         * Code
         * @description A code that the authenticator shows.
         */
        Code: {
            /** Factor */
            factor: string;
        };
        /**
         * Comment
         * @description A word on an alert.
         */
        Comment: {
            /**
             * Revision
             * @description The revision that you have seen; the header If-Match says the same.
             */
            revision?: number | null;
            /**
             * As
             * @description Who acts, as they want to be named; for the machine's own token alone, which many may hold. Of others: 422.
             */
            as?: string | null;
            /** Note */
            note: string;
        };
        /**
         * ConcernOut
         * @description A department that an alert concerns, by the routes as they are now.
         */
        ConcernOut: {
            /** Department */
            department: string;
            /**
             * Role
             * @enum {string}
             */
            role: "handles" | "supports" | "informed";
        };
        /**
         * ContactFields
         * @description Somebody to call. Nothing is sent there by itself: that is what channels are for.
         */
        ContactFields: {
            /** Name */
            name: string;
            /**
             * Duty
             * @description When, or for what.
             * @default
             */
            duty: string;
            /**
             * Phone
             * @default
             */
            phone: string;
            /**
             * Email
             * @default
             */
            email: string;
        };
        /**
         * Counted
         * @description Stations of a zone or area: those with an index, all trusted ones, and those left out as not trusted.
         */
        Counted: {
            /** With Index */
            with_index: number;
            /** Trusted */
            trusted: number;
            /** Left Out */
            left_out: number;
        };
        /**
         * CredentialOut
         * @description What a device shows the broker; its password is nowhere to be read again.
         */
        CredentialOut: {
            /** Way */
            way: string;
            /** User Name */
            user_name: string;
            /** Created At */
            created_at: string;
            /** Created By */
            created_by: string;
            /** Ends At */
            ends_at: string | null;
            /** Used At */
            used_at: string | null;
            /** Used From */
            used_from: string;
            /** Revoked At */
            revoked_at: string | null;
            /**
             * State
             * @enum {string}
             */
            state: "holds" | "ended" | "revoked" | "retired";
        };
        /**
         * CredentialsOut
         * @description The newest first, and the topic that they are for.
         */
        CredentialsOut: {
            /** Topic */
            topic: string;
            /** Items */
            items: components["schemas"]["CredentialOut"][];
        };
        /**
         * Day
         * @description A city day (UTC+7) that begins at `time`, so far.
         */
        Day: {
            /** Time */
            time: string;
            /** Count */
            count: number;
            /** Mean */
            mean: number | null;
            /** Min */
            min: number | null;
            /** Max */
            max: number | null;
            /** Value */
            value: number | null;
            /**
             * Completeness
             * @description Percent of the readings that should be there.
             */
            completeness: number | null;
            /** Sensors */
            sensors: number;
            /** Expected */
            expected: number;
            /**
             * Left Out
             * @description Sensors that are not trusted and were not counted.
             */
            left_out: number;
        };
        /**
         * DeedOut
         * @description Something that a person did to an alert.
         */
        DeedOut: {
            /** Id */
            id: number;
            /** At */
            at: string;
            /** What */
            what: string;
            /** Actor */
            actor: string;
            /** Note */
            note: string;
            /** Given To */
            given_to: string | null;
            /** Alert */
            alert: number;
            /** Severity */
            severity: string;
            /** Rule */
            rule: string;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /** Sensor Id */
            sensor_id: string | null;
            /** Zone */
            zone: string | null;
            /** Area */
            area: string;
        };
        /** DeedsOfShift */
        DeedsOfShift: {
            /** Count */
            count: number;
            /** People */
            people: components["schemas"]["PersonDid"][];
            /**
             * Items
             * @description The newest 500.
             */
            items: components["schemas"]["DeedOut"][];
        };
        /**
         * DepartmentChange
         * @description The department as it is to be.
         */
        DepartmentChange: {
            /**
             * Revision
             * @description The revision that you have seen; the header If-Match says the same.
             */
            revision?: number | null;
            /**
             * As
             * @description Who acts, as they want to be named; for the machine's own token alone, which many may hold. Of others: 422.
             */
            as?: string | null;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /** Valid From */
            valid_from?: string | null;
            /** Valid To */
            valid_to?: string | null;
            /**
             * Hours
             * @description Empty: always at work.
             * @default []
             */
            hours: components["schemas"]["HoursFields"][];
            pace?: components["schemas"]["PaceFields"];
            /**
             * Contacts
             * @description In the order in which they are called. null: as they are; in answers: not for whoever asks, who needs channels.read there.
             */
            contacts?: components["schemas"]["ContactFields"][] | null;
        };
        /** DepartmentIn */
        DepartmentIn: {
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /** Valid From */
            valid_from?: string | null;
            /** Valid To */
            valid_to?: string | null;
            /**
             * Hours
             * @description Empty: always at work.
             * @default []
             */
            hours: components["schemas"]["HoursFields"][];
            pace?: components["schemas"]["PaceFields"];
            /**
             * Contacts
             * @description In the order in which they are called. null: as they are; in answers: not for whoever asks, who needs channels.read there.
             */
            contacts?: components["schemas"]["ContactFields"][] | null;
            /** Code */
            code: string;
            /**
             * As
             * @description Who acts, as they want to be named; for the machine's own token alone, which many may hold. Of others: 422.
             */
            as?: string | null;
        };
        /**
         * DepartmentNoise
         * @description What a department had to handle; `department` null: nobody.
         */
        DepartmentNoise: {
            /** Department */
            department: string | null;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            noise: components["schemas"]["AlertNoise"];
        };
        /** DepartmentOut */
        DepartmentOut: {
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /** Valid From */
            valid_from?: string | null;
            /** Valid To */
            valid_to?: string | null;
            /**
             * Hours
             * @description Empty: always at work.
             * @default []
             */
            hours: components["schemas"]["HoursFields"][];
            pace?: components["schemas"]["PaceFields"];
            /**
             * Contacts
             * @description In the order in which they are called. null: as they are; in answers: not for whoever asks, who needs channels.read there.
             */
            contacts?: components["schemas"]["ContactFields"][] | null;
            /** Code */
            code: string;
            /** Revision */
            revision: number;
            /** Changed At */
            changed_at: string;
            /** Changed By */
            changed_by: string;
        };
        /** Departments */
        Departments: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["DepartmentOut"][];
        };
        /**
         * Difference
         * @description A sensor that changes: its fields as they are and as they become.
         */
        Difference: {
            /** Sensor Id */
            sensor_id: string;
            /** Before */
            before: {
                [key: string]: unknown;
            };
            /** After */
            after: {
                [key: string]: unknown;
            };
        };
        /**
         * DomainNow
         * @description One domain of a zone, and its sensors by liveness and by status.
         */
        DomainNow: {
            /** Domain */
            domain: string;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /** Sensors */
            sensors: number;
            /** Liveness */
            liveness: {
                [key: string]: number;
            };
            /** Status */
            status: {
                [key: string]: number;
            };
            /**
             * Source
             * @description What the days were made from: raw, hour or mix.
             */
            source: string;
            /** Rolled Up To */
            rolled_up_to: string | null;
            /** Metrics */
            metrics: components["schemas"]["MetricNow"][];
        };
        /**
         * DomainOut
         * @description A field of the city's work.
         */
        DomainOut: {
            /** Code */
            code: string;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /** Interval S */
            interval_s: number;
            /** Metrics */
            metrics: components["schemas"]["MetricOut"][];
        };
        /** Domains */
        Domains: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["DomainOut"][];
        };
        /** Doubt */
        Doubt: {
            /** Vi */
            vi: string;
            /** En */
            en: string;
        };
        /**
         * DrillOut
         * @description One channel in one weekly drill.
         */
        DrillOut: {
            /**
             * Week
             * Format: date
             * @description Its Monday.
             */
            week: string;
            /** Department */
            department: string;
            /**
             * Channel
             * @description null: the department has no channel that is on.
             */
            channel: number | null;
            /** Channel Name */
            channel_name: string | null;
            /**
             * Reached
             * @description delivered: a machine took it; confirmed: somebody has read it.
             * @enum {string}
             */
            reached: "no_channel" | "waiting" | "not_delivered" | "delivered" | "confirmed";
            /** Sent At */
            sent_at: string | null;
            /** Confirmed At */
            confirmed_at: string | null;
            /** Confirmed By */
            confirmed_by: string | null;
            /** Error */
            error: string | null;
        };
        /** Drills */
        Drills: {
            /** Items */
            items: components["schemas"]["DrillOut"][];
        };
        /** EarlierAlert */
        EarlierAlert: {
            /** Id */
            id: number;
            /**
             * State
             * @enum {string}
             */
            state: "pending" | "firing" | "acknowledged" | "in_progress" | "resolved" | "closed";
            /** Started At */
            started_at: string;
            /** Fired At */
            fired_at: string | null;
            /** Cleared At */
            cleared_at: string | null;
            /** Resolved At */
            resolved_at: string | null;
            /** Peak */
            peak: number | null;
            /** Acknowledged By */
            acknowledged_by: string | null;
            /** Retroactive */
            retroactive: boolean;
        };
        /**
         * ExampleOut
         * @description What would become of one message.
         */
        ExampleOut: {
            /** Item */
            item: number;
            /** Topic */
            topic: string;
            /**
             * Becomes
             * @description The payload as the fix makes it; null: as it is.
             */
            becomes: string | null;
            /** Readings */
            readings: components["schemas"]["ReadingOut"][];
            /** Faults */
            faults: string[];
        };
        /**
         * Exceedance
         * @description A mean above the limit that was in force on its day.
         */
        Exceedance: {
            station: components["schemas"]["StationOut"];
            /** Pollutant */
            pollutant: string;
            name: components["schemas"]["Words"];
            /**
             * Averaging
             * @enum {string}
             */
            averaging: "1h" | "8h" | "24h" | "year";
            /** Value */
            value: number;
            /** Limit */
            limit: number;
            /** Unit */
            unit: string;
            /**
             * Ratio
             * @description value / limit
             */
            ratio: number;
            /** Valid From */
            valid_from: string | null;
            /** Valid To */
            valid_to: string | null;
            /** Since */
            since: string;
            /** At */
            at: string;
            /** City Time */
            city_time: string;
            /**
             * Day
             * Format: date
             */
            day: string;
            /** Hours */
            hours: number;
            /** Hours Counted */
            hours_counted: number;
            /** Completeness */
            completeness: number;
            /** Method */
            method: string;
            /** Legal Basis */
            legal_basis: string;
        };
        /**
         * Exceedances
         * @description By the end of the period, then by station.
         */
        Exceedances: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["Exceedance"][];
            method: components["schemas"]["Method"];
        };
        /**
         * Factor
         * @description The second factor.
         */
        Factor: {
            /** On */
            on: boolean;
            /** Since */
            since: string | null;
            /**
             * Recovery Left
             * @description Recovery codes that have not been used.
             */
            recovery_left: number;
            /**
             * Required
             * @description Whether it may not be done without.
             */
            required: boolean;
        };
        /**
         * Fault
         * @description One value that is not right.
         */
        Fault: {
            /**
             * Where
             * @description Place of the value, as in query.limit
             */
            where: string;
            /** Message */
            message: string;
        };
        /**
         * FiguresOut
         * @description The last 24 hours: reports of any quality, those that were due, and how old they were when received.
         */
        FiguresOut: {
            /** Reports */
            reports?: number | null;
            /** Due */
            due?: number | null;
            /**
             * Completeness
             * @description 0 to 1; null: nothing was due.
             */
            completeness?: number | null;
            /**
             * Lag S
             * @description Least delay of an hour, median over the hours; below 0 the clock is ahead.
             */
            lag_s?: number | null;
        };
        /**
         * File
         * @description A registry as CSV, with a header: what `registry.csv` gives, or some of its columns.
         */
        File: {
            /** Csv */
            csv: string;
            /**
             * Keep
             * @description false: only look what would come of it.
             * @default false
             */
            keep: boolean;
        };
        /**
         * FindingOut
         * @description What is wrong with a rule, where, and what to do about it. An error keeps it out.
         */
        FindingOut: {
            /**
             * Level
             * @enum {string}
             */
            level: "error" | "warning";
            /** Code */
            code: string;
            /** Where */
            where: string;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /**
             * Other
             * @description Another rule that it is about.
             */
            other: string;
            /**
             * May Pass
             * @description `accept_warnings` lets the rule pass all the same.
             */
            may_pass: boolean;
        };
        /**
         * Fires
         * @description How many sensors it would fire for this moment.
         */
        Fires: {
            /** Sensors */
            sensors: number;
            /**
             * Reporting
             * @description Sensors of its scope that report the metric.
             */
            reporting: number;
            /**
             * City
             * @description All active sensors.
             */
            city: number;
        };
        /**
         * FlipOut
         * @description Something that happened to an alert.
         */
        FlipOut: {
            /** Id */
            id: number;
            /**
             * At
             * @description Time of the reading that did it, or when somebody did it.
             */
            at: string;
            /** Recorded At */
            recorded_at: string;
            /** What */
            what: string;
            /** From */
            from: string | null;
            /** To */
            to: string;
            /** Value */
            value: number | null;
            /** Threshold */
            threshold: number | null;
            /** Rule Version */
            rule_version: number;
            /**
             * Actor
             * @description engine, or who it was.
             */
            actor: string;
            /** Note */
            note: string;
            /** Facts */
            facts: {
                [key: string]: unknown;
            };
        };
        /**
         * GrantIn
         * @description A role within areas, zones and domains (empty: all); `department` for that role alone.
         */
        GrantIn: {
            /**
             * Role
             * @enum {string}
             */
            role: "viewer" | "operator" | "department" | "technician" | "administrator";
            /** Areas */
            areas?: string[];
            /** Zones */
            zones?: string[];
            /** Domains */
            domains?: string[];
            /** Department */
            department?: string | null;
            /**
             * Ends At
             * @description RFC 3339 with an offset; null: without an end.
             */
            ends_at?: string | null;
        };
        /**
         * GrantOut
         * @description A role, and where.
         */
        GrantOut: {
            /**
             * Role
             * @enum {string}
             */
            role: "viewer" | "operator" | "department" | "technician" | "administrator" | "wallboard";
            /** Areas */
            areas: string[];
            /** Zones */
            zones: string[];
            /** Domains */
            domains: string[];
            /** Department */
            department: string | null;
            /** Ends At */
            ends_at: string | null;
        };
        /**
         * GrantsChange
         * @description All that somebody may do from now on.
         */
        GrantsChange: {
            /** Grants */
            grants: components["schemas"]["GrantIn"][];
            /** Revision */
            revision?: number | null;
        };
        /**
         * Group
         * @description Messages of one reason that come from the same kind of place and look alike, and are not replayed yet.
         */
        Group: {
            /** Reason */
            reason: string;
            /** Shape */
            shape: string;
            /**
             * Pattern
             * @description area/domain, or the topic with + for what has digits in it.
             */
            pattern: string;
            /**
             * Form
             * @description The outline of their JSON, or what they are instead.
             */
            form: string;
            /** Items */
            items: number;
            /** Readings */
            readings: number;
            /**
             * Sensors
             * @description How many sensors; one that is not registered counts.
             */
            sensors: number;
            /**
             * Waiting
             * @description Of `items`: a collector is about to replay them.
             */
            waiting: number;
            /** First */
            first: string;
            /** Last */
            last: string;
            /**
             * Sample
             * @description The number of the newest of them.
             */
            sample: number;
            /**
             * Topic
             * @description Of the newest of them, as `detail`, `sensor` and `text`.
             */
            topic: string;
            /** Detail */
            detail: string;
            /** Sensor */
            sensor: string | null;
            /** Text */
            text: string;
            /** @description null: nobody has, or more has come since. */
            seen: components["schemas"]["Seen"] | null;
            /** @description What was seen before more came. */
            seen_before: components["schemas"]["Seen"] | null;
        };
        /**
         * Groups
         * @description The newest first.
         */
        Groups: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["Group"][];
            /**
             * Unsorted
             * @description Messages that were not looked at yet: the next round of maintenance does.
             */
            unsorted: number;
        };
        /**
         * HoursFields
         * @description Working hours, in UTC+7; `to` before `from` goes over night.
         */
        HoursFields: {
            /**
             * Days
             * @description 1 Monday to 7 Sunday.
             */
            days: number[];
            /**
             * From
             * @description As 07:30.
             */
            from: string;
            /** To */
            to: string;
        };
        /**
         * Imported
         * @description What a file brings; nothing of it is kept where a line is wrong.
         */
        Imported: {
            /** Lines */
            lines: number;
            /** New */
            new: number;
            /** Changed */
            changed: number;
            /** Same */
            same: number;
            /** Kept */
            kept: boolean;
            /**
             * New Ids
             * @description The first 50.
             */
            new_ids: string[];
            /**
             * Changes
             * @description The first 50.
             */
            changes: components["schemas"]["Difference"][];
        };
        /**
         * IndexItem
         * @description One figure. `value` is null where it cannot be said, and `reason` then says why, in both languages.
         *
         *     `key` is `<index>/<subject>`; the subject is a sensor, a zone (`zone`), or an area (`zone` null). `vi` and `en` are
         *     the level in words; `colour` is #rrggbb. It was made from the time `since` (null: a moment) to `at`. `details` are
         *     the index's own.
         */
        IndexItem: {
            /** Key */
            key: string;
            /** Index */
            index: string;
            /** Area */
            area: string;
            /** Zone */
            zone: string | null;
            /** Sensor Id */
            sensor_id: string | null;
            /** Value */
            value: number | null;
            /** Unit */
            unit: string;
            /** Level */
            level: string | null;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /** Colour */
            colour: string | null;
            /** At */
            at: string | null;
            /**
             * Completeness
             * @description Share of what it should have been made from, %.
             */
            completeness: number | null;
            /** Method */
            method: string;
            /**
             * Legal Basis
             * @description Its legal basis, or that it is an operating figure.
             */
            legal_basis: string;
            /** Since */
            since: string | null;
            /** Reason */
            reason: string | null;
            /** Details */
            details: {
                [key: string]: unknown;
            };
        };
        /**
         * IndexItems
         * @description Figures as they are now (`from` and `to` left out), or of whole hours or days, by time.
         */
        IndexItems: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["IndexItem"][];
        };
        /**
         * IndexOut
         * @description A kind of figure: where it is asked for, by which method it is worked out, and on which legal basis.
         */
        IndexOut: {
            /** Code */
            code: string;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /** Unit */
            unit: string;
            /** Path */
            path: string;
            /**
             * Method
             * @description What the items say as their method.
             */
            method: string;
            /** Method Vi */
            method_vi: string;
            /** Method En */
            method_en: string;
            /** Legal Basis */
            legal_basis: string;
        };
        /**
         * IndexRanking
         * @description The figures at the head. `count` figures can be said in all, and `unsaid` cannot (`reasons`, by how many).
         *
         *     `levels`: how many figures there are of each level, such as a level of service.
         */
        IndexRanking: {
            /** Index */
            index: string;
            /**
             * Of
             * @enum {string}
             */
            of: "sensor" | "zone" | "area";
            /**
             * Order
             * @enum {string}
             */
            order: "highest" | "lowest";
            /** Count */
            count: number;
            /** Unsaid */
            unsaid: number;
            /** Levels */
            levels: {
                [key: string]: number;
            };
            /** Reasons */
            reasons: {
                [key: string]: number;
            };
            /** Items */
            items: components["schemas"]["RankedIndex"][];
        };
        /** IndicesOut */
        IndicesOut: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["IndexOut"][];
        };
        /**
         * IssuedOut
         * @description A new password, shown this once.
         */
        IssuedOut: {
            /** User Name */
            user_name: string;
            /** Password */
            password: string;
            /** Topic */
            topic: string;
        };
        /**
         * Item
         * @description A message in quarantine; `text` is the beginning of its payload as far as it is text.
         */
        Item: {
            /** Id */
            id: number;
            /** Received At */
            received_at: string;
            /** Topic */
            topic: string;
            /** Reason */
            reason: string;
            /** Detail */
            detail: string;
            /** Sensor Id */
            sensor_id: string | null;
            /** Readings */
            readings: number;
            /** Retained */
            retained: boolean;
            /** Bytes */
            bytes: number;
            /** Text */
            text: string;
            /** Replay Requested At */
            replay_requested_at: string | null;
            /** Replayed At */
            replayed_at: string | null;
            /**
             * Replay Detail
             * @description What was still wrong at the last replay.
             */
            replay_detail: string | null;
            /**
             * Shape
             * @description Of where it comes from and what it looks like; null: not looked at yet.
             */
            shape?: string | null;
            /**
             * Replay
             * @description The last replay that was asked for it: see `quarantine/replays`.
             */
            replay?: number | null;
        };
        /** Items */
        Items: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["Item"][];
        };
        /**
         * KeptChannel
         * @description The channel as it is kept now.
         */
        KeptChannel: {
            /** Id */
            id: number;
            /** Department */
            department: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "email" | "webhook" | "cap" | "apprise";
            /** Name */
            name: string;
            /**
             * Address
             * @description Only in part.
             */
            address: string;
            /** Has Secret */
            has_secret: boolean;
            /** Config */
            config: {
                [key: string]: unknown;
            };
            /**
             * Severity
             * @enum {string}
             */
            severity: "info" | "warning" | "major" | "critical";
            /** Roles */
            roles: ("handles" | "supports" | "informed")[];
            /**
             * Outside Hours
             * @enum {string}
             */
            outside_hours: "all" | "critical" | "none";
            /** Enabled */
            enabled: boolean;
            /** Revision */
            revision: number;
            /** Changed At */
            changed_at: string;
            /** Changed By */
            changed_by: string;
            /**
             * Warnings
             * @description What is doubtful about it, such as a name that has no address.
             */
            warnings: components["schemas"]["Doubt"][];
        };
        /**
         * KeptFrom
         * @description Since when the sources of the answer are kept; null: for the whole span, as hours and days always are.
         */
        KeptFrom: {
            /**
             * Raw
             * @description Readings as they came.
             */
            raw: string | null;
            /**
             * Minute
             * @description Figures of minutes, of steps that are made from them.
             */
            minute: string | null;
        };
        /** KeptRule */
        KeptRule: {
            /** Code */
            code: string;
            /** Version */
            version: number;
            /** Enabled */
            enabled: boolean;
            /** Changed At */
            changed_at: string;
            /** Changed By */
            changed_by: string;
            /** Note */
            note: string;
            /**
             * Set Aside
             * @description Why judgement tripped over it: it is not judged until it is changed.
             */
            set_aside: string | null;
            /** Set Aside At */
            set_aside_at: string | null;
            /** Deleted At */
            deleted_at: string | null;
            /** Rule */
            rule: {
                [key: string]: unknown;
            };
            /**
             * Findings
             * @description Warnings that were accepted.
             */
            findings: components["schemas"]["FindingOut"][];
        };
        /**
         * LampDay
         * @description A city day (UTC+7): lamps burn from its beginning until `off_at`, and from `on_at` to its end.
         */
        LampDay: {
            /**
             * Day
             * Format: date
             */
            day: string;
            /**
             * Off At
             * @description Civil dawn, UTC.
             */
            off_at: string;
            /**
             * On At
             * @description Civil dusk, UTC.
             */
            on_at: string;
        };
        /**
         * LastOfSensor
         * @description All that a sensor has measured last. `source`: database, or memory while the database is away.
         */
        LastOfSensor: {
            /** Sensor Id */
            sensor_id: string;
            /** Area */
            area: string;
            /** Zone */
            zone: string | null;
            /** Domain */
            domain: string;
            /** Liveness */
            liveness: string;
            /** Last Seen */
            last_seen: string | null;
            /** Interval S */
            interval_s: number;
            /** Source */
            source: string;
            /** At */
            at: string;
            /** Items */
            items: components["schemas"]["LastReading"][];
        };
        /**
         * LastReading
         * @description The newest reading of one metric. `received_at` is null where that is not kept (any more).
         */
        LastReading: {
            /** Metric */
            metric: string;
            /** Channel */
            channel: string;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /** Unit */
            unit: string;
            /** Value */
            value: number;
            /** Time */
            time: string;
            /** Received At */
            received_at: string | null;
            /** Age S */
            age_s: number;
            /** Quality */
            quality: string;
        };
        /**
         * LatestItem
         * @description What a sensor, or a channel of it, measured last: `values` by metric are of `time` and `quality`, but for those
         *     that `older` names as well.
         */
        LatestItem: {
            /** Sensor Id */
            sensor_id: string;
            /** Channel */
            channel: string;
            /** Area */
            area: string;
            /** Zone */
            zone: string | null;
            /** Domain */
            domain: string;
            /** Liveness */
            liveness: string;
            /** Time */
            time: string;
            /** Quality */
            quality: string;
            /** Values */
            values: {
                [key: string]: number;
            };
            /** Older */
            older: {
                [key: string]: components["schemas"]["OlderValue"];
            } | null;
        };
        /**
         * LatestOfAll
         * @description Everything in one answer: `next` is always null.
         */
        LatestOfAll: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["LatestItem"][];
            /** At */
            at: string;
            /**
             * Complete
             * @description False while the last readings of silent sensors are still being looked for.
             */
            complete: boolean;
        };
        /**
         * Leaf
         * @description A value in a message.
         */
        Leaf: {
            /**
             * Path
             * @description Keys, or places in lists, with dots between: what `from` of a fix takes.
             */
            path: string;
            /**
             * Kind
             * @description number, number in text, time, time without offset, text, boolean, null; list or object where it is empty or deep.
             */
            kind: string;
            /**
             * Value
             * @description As it can be shown.
             */
            value: string;
        };
        /**
         * Link
         * @description A link by which somebody chooses a password, once: shown this once.
         */
        Link: {
            /** Link */
            link: string;
        };
        /** ListedRule */
        ListedRule: {
            /** Code */
            code: string;
            /** Version */
            version: number;
            /** Enabled */
            enabled: boolean;
            /** Changed At */
            changed_at: string;
            /** Changed By */
            changed_by: string;
            /** Note */
            note: string;
            /**
             * Set Aside
             * @description Why judgement tripped over it: it is not judged until it is changed.
             */
            set_aside: string | null;
            /** Set Aside At */
            set_aside_at: string | null;
            /** Deleted At */
            deleted_at: string | null;
            /** Rule */
            rule: {
                [key: string]: unknown;
            };
            /**
             * Open
             * @description Its alerts that are open now.
             */
            open: number;
        };
        /**
         * Live
         * @description The last 15 minutes, from memory; `at` is their end.
         */
        Live: {
            /** At */
            at: string;
            /** Count */
            count: number;
            /** Mean */
            mean: number | null;
            /** Min */
            min: number | null;
            /** Max */
            max: number | null;
            /** Value */
            value: number | null;
            /** Sensors */
            sensors: number;
            /** Expected */
            expected: number;
        };
        /**
         * Look
         * @description What was seen, with a note; without one it is taken back.
         */
        Look: {
            /** Reason */
            reason: string;
            /**
             * Shape
             * @description What messages look like, and where they come from.
             */
            shape: string;
            /** Note */
            note?: string | null;
        };
        /**
         * MadePerson
         * @description The new account, and the link by which its owner chooses a password: shown this once.
         */
        MadePerson: {
            person: components["schemas"]["PersonOut"];
            /** Link */
            link: string;
        };
        /** MadeSilence */
        MadeSilence: {
            /** Id */
            id: number;
            /**
             * Kind
             * @enum {string}
             */
            kind: "silence" | "maintenance";
            /**
             * State
             * @enum {string}
             */
            state: "planned" | "in_force" | "over";
            matcher: components["schemas"]["MatcherFields"];
            /** Reason */
            reason: string;
            /** Author */
            author: string;
            /** Created At */
            created_at: string;
            /** Starts At */
            starts_at: string;
            /** Ends At */
            ends_at: string;
            /** Ended At */
            ended_at: string | null;
            /** Ended By */
            ended_by: string | null;
            /** Revision */
            revision: number;
            reach: components["schemas"]["ReachOut"];
        };
        /**
         * MadeToken
         * @description A new one; the token itself is shown this once.
         */
        MadeToken: {
            /** Id */
            id: number;
            /** Name */
            name: string;
            /**
             * Hint
             * @description How it begins.
             */
            hint: string;
            /** Grants */
            grants: components["schemas"]["GrantOut"][];
            /** Created At */
            created_at: string;
            /** Created By */
            created_by: string;
            /** Expires At */
            expires_at: string | null;
            /** Used At */
            used_at: string | null;
            /** Used From */
            used_from: string;
            /** Revoked At */
            revoked_at: string | null;
            /** Revoked By */
            revoked_by: string | null;
            /** Token */
            token: string;
        };
        /**
         * ManyActions
         * @description The same action on each of them, with the same words.
         */
        ManyActions: {
            /**
             * Act
             * @enum {string}
             */
            act: "acknowledge" | "unacknowledge" | "assign" | "comment" | "resolve" | "close" | "reopen";
            /** Alerts */
            alerts: components["schemas"]["SeenAlert"][];
            /**
             * Note
             * @default
             */
            note: string;
            /**
             * To
             * @description Of `assign`: whom they are given to.
             */
            to?: string | null;
            /**
             * As
             * @description As of the action on one alert.
             */
            as?: string | null;
        };
        /**
         * ManyDone
         * @description Every alert that was named is in one of the two lists.
         */
        ManyDone: {
            /** Done */
            done: components["schemas"]["AlertOut"][];
            /** Refused */
            refused: components["schemas"]["NotDone"][];
        };
        /**
         * MapOut
         * @description Where the ground of the map is; paths are below the API's address.
         */
        MapOut: {
            /**
             * Style
             * @description Address of a MapLibre style; with it, `tiles` does not count.
             */
            style: string | null;
            /**
             * Tiles
             * @description Path of the streets, a PMTiles archive that is read by ranges.
             */
            tiles: string | null;
            /**
             * Zones
             * @description Path of the zones' exact boundaries; null: draw them schematically.
             */
            zones: string | null;
        };
        /**
         * MatcherFields
         * @description Which alerts: of every list that is not empty the alert must have one. At least one list.
         */
        MatcherFields: {
            /**
             * Rule
             * @default []
             */
            rule: string[];
            /**
             * Kind
             * @default []
             */
            kind: ("congestion" | "detector_fault" | "air_quality" | "industrial_emission" | "noise" | "lamp_fault" | "power" | "water_supply" | "water_quality" | "street_flooding" | "river_flood" | "sensor_offline" | "security")[];
            /**
             * Severity
             * @default []
             */
            severity: ("info" | "warning" | "major" | "critical")[];
            /**
             * Area
             * @default []
             */
            area: string[];
            /**
             * Zone
             * @default []
             */
            zone: string[];
            /**
             * Domain
             * @default []
             */
            domain: string[];
            /**
             * Sensor
             * @default []
             */
            sensor: string[];
            /**
             * Tag
             * @description Alerts of sensors that have one of these tags now.
             * @default []
             */
            tag: string[];
            /**
             * Parent
             * @description A cabinet, gateway or feeder, and what hangs on it.
             * @default []
             */
            parent: string[];
            /**
             * Department
             * @description Mutes for these departments only.
             * @default []
             */
            department: string[];
        };
        /**
         * MeChange
         * @description What changes; what is left out stays.
         */
        MeChange: {
            /** Full Name */
            full_name?: string | null;
            /** Email */
            email?: string | null;
            /** Language */
            language?: ("vi" | "en") | null;
        };
        /**
         * MeOut
         * @description One's own account.
         */
        MeOut: {
            /** Id */
            id: number;
            /** Name */
            name: string;
            /** Full Name */
            full_name: string;
            /** Email */
            email: string;
            /**
             * Language
             * @enum {string}
             */
            language: "vi" | "en";
            /**
             * Way
             * @enum {string}
             */
            way: "password" | "oidc" | "link" | "token";
            /** Password At */
            password_at: string | null;
            factor: components["schemas"]["Factor"];
            /** Grants */
            grants: components["schemas"]["GrantOut"][];
            /** Permissions */
            permissions: string[];
        };
        /**
         * Method
         * @description How the figures of an answer were worked out, and after which law.
         */
        Method: {
            /** Code */
            code: string;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /** Legal Basis */
            legal_basis: string;
            /** @description What must be there for a figure. */
            completeness: components["schemas"]["Words"];
            /** @description Where the readings come from. */
            source: components["schemas"]["Words"];
        };
        /**
         * MetricNow
         * @description One metric of a zone. `value` is the metric's own aggregate: a sum, an increase, or the mean.
         */
        MetricNow: {
            /** Metric */
            metric: string;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /** Unit */
            unit: string;
            /** Aggregate */
            aggregate: string;
            live: components["schemas"]["Live"] | null;
            today: components["schemas"]["Day"] | null;
            yesterday: components["schemas"]["Day"] | null;
        };
        /**
         * MetricOut
         * @description One measured quantity; `low` and `high` bound what is taken as plausible.
         */
        MetricOut: {
            /** Name */
            name: string;
            /** Unit */
            unit: string;
            /** Kind */
            kind: string;
            /** Low */
            low: number;
            /** High */
            high: number;
            /** Aggregate */
            aggregate: string;
            /** Vi */
            vi: string;
            /** En */
            en: string;
        };
        /**
         * Minute
         * @description One minute, by the time of receipt.
         */
        Minute: {
            /** Messages */
            messages: number;
            /** Decoded */
            decoded: number;
            /** Stored */
            stored: number;
            /** Duplicate */
            duplicate: number;
            /** Quarantined */
            quarantined: number;
            /**
             * Replayed
             * @description Of `decoded`: came out of quarantine by a replay.
             */
            replayed: number;
            /**
             * Limited
             * @description Of `messages`: counted and not decoded, because their sensors send too many.
             */
            limited: number;
            /**
             * Adds Up
             * @description decoded = stored + duplicate + quarantined
             */
            adds_up: boolean;
            /** Minute */
            minute: string;
        };
        /**
         * MutingOut
         * @description Why a department, or one channel of it, was not told of a flip, or not yet (`held`, over at `over_at`).
         */
        MutingOut: {
            /** At */
            at: string;
            /** Alert */
            alert: number;
            /** Flip */
            flip: number;
            /** Department */
            department: string | null;
            /** Channel */
            channel: number | null;
            /** Channel Name */
            channel_name: string | null;
            /** Why */
            why: string;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /** By */
            by: string;
            /** Held */
            held: boolean;
            /** Over At */
            over_at: string | null;
            silence: components["schemas"]["SilenceBy"] | null;
        };
        /** NamedConcern */
        NamedConcern: {
            /** Department */
            department: string;
            /**
             * Role
             * @enum {string}
             */
            role: "handles" | "supports" | "informed";
            /** Vi */
            vi: string;
            /** En */
            en: string;
        };
        /**
         * Names
         * @description In both languages.
         */
        Names: {
            /** Vi */
            vi: string;
            /** En */
            en: string;
        };
        /** NewChannel */
        NewChannel: {
            /** Department */
            department: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "email" | "webhook" | "cap" | "apprise";
            /** Name */
            name: string;
            /**
             * Address
             * @description email: addresses with commas; webhook: https URL; cap: https URL or feed; apprise: its URL. null: as it is.
             */
            address?: string | null;
            /**
             * Secret
             * @description By which webhooks are signed. null: as it is; a new address needs it anew.
             */
            secret?: string | null;
            /**
             * Config
             * @default {}
             */
            config: {
                [key: string]: unknown;
            };
            /**
             * Severity
             * @description This one and the graver ones.
             * @default info
             * @enum {string}
             */
            severity: "info" | "warning" | "major" | "critical";
            /**
             * Roles
             * @default [
             *       "handles",
             *       "supports",
             *       "informed"
             *     ]
             */
            roles: ("handles" | "supports" | "informed")[];
            /**
             * Outside Hours
             * @description What it takes outside working hours; the rest waits.
             * @default critical
             * @enum {string}
             */
            outside_hours: "all" | "critical" | "none";
            /**
             * Enabled
             * @default true
             */
            enabled: boolean;
            /**
             * As
             * @description Who acts, as they want to be named; for the machine's own token alone, which many may hold. Of others: 422.
             */
            as?: string | null;
        };
        /**
         * NewPassword
         * @description `old` is left empty by who has none yet, and has come in by a link.
         */
        NewPassword: {
            /**
             * Old
             * @default
             */
            old: string;
            /** New */
            new: string;
        };
        /**
         * NewPerson
         * @description Somebody who is to have an account.
         */
        NewPerson: {
            /**
             * Name
             * @description By which they sign in: a-z, 0-9 and . _ @ -
             */
            name: string;
            /** Full Name */
            full_name: string;
            /**
             * Email
             * @default
             */
            email: string;
            /**
             * Language
             * @default vi
             * @enum {string}
             */
            language: "vi" | "en";
            /** Grants */
            grants?: components["schemas"]["GrantIn"][];
        };
        /** NewRule */
        NewRule: {
            /**
             * Revision
             * @description The revision that you have seen; the header If-Match says the same.
             */
            revision?: number | null;
            /**
             * As
             * @description Who acts, as they want to be named; for the machine's own token alone, which many may hold. Of others: 422.
             */
            as?: string | null;
            /**
             * Rule
             * @description The rule's fields, as docs/alerts/rules.md has them; times in seconds, the condition with its `type`, as GET shows them.
             * @example {
             *       "code": "pm25-cao",
             *       "condition": {
             *         "levels": {
             *           "above": 150,
             *           "clear_above": 120
             *         },
             *         "metric": "pm2_5",
             *         "type": "threshold"
             *       },
             *       "en": "High PM2.5",
             *       "for_s": 600,
             *       "kind": "air_quality",
             *       "severity": "warning",
             *       "vi": "Bụi PM2.5 cao"
             *     }
             */
            rule: {
                [key: string]: unknown;
            };
            /**
             * Note
             * @description Why.
             * @default
             */
            note: string;
            /**
             * Accept Warnings
             * @default false
             */
            accept_warnings: boolean;
        };
        /**
         * NewSensor
         * @description A sensor to register.
         */
        NewSensor: {
            /** Area */
            area: string;
            /** Domain */
            domain: string;
            /**
             * Zone
             * @description Code of a zone of the area.
             */
            zone?: string | null;
            /**
             * Name
             * @default
             */
            name: string;
            /**
             * Site
             * @default
             */
            site: string;
            /**
             * Place
             * @default
             */
            place: string;
            /** Lat */
            lat?: number | null;
            /** Lon */
            lon?: number | null;
            /**
             * Interval S
             * @description Seconds between two reports; 0: the domain's own.
             * @default 0
             */
            interval_s: number;
            /**
             * Parent
             * @description Cabinet, gateway or feeder that it hangs on.
             * @default
             */
            parent: string;
            /**
             * Metrics
             * @description What it is expected to report; empty: not said.
             * @default []
             */
            metrics: string[];
            /**
             * Status
             * @default active
             * @enum {string}
             */
            status: "active" | "maintenance" | "retired";
            /**
             * Tags
             * @description Words of the city's own, by which rules choose sensors.
             * @default []
             */
            tags: string[];
            /** Sensor Id */
            sensor_id: string;
        };
        /**
         * NewSilence
         * @description `ends_at` is at most 30 days after the beginning; without `starts_at` it begins at once.
         */
        NewSilence: {
            matcher: components["schemas"]["MatcherFields"];
            /**
             * Kind
             * @default silence
             * @enum {string}
             */
            kind: "silence" | "maintenance";
            /**
             * Reason
             * @description Why.
             */
            reason: string;
            /**
             * Ends At
             * @description RFC 3339 with an offset.
             */
            ends_at: string;
            /** Starts At */
            starts_at?: string | null;
            /**
             * As
             * @description Who you are, as you want to be named.
             */
            as?: string | null;
        };
        /**
         * NewToken
         * @description A token of one's own, which may do what its grants and the account's both allow.
         */
        NewToken: {
            /** Name */
            name: string;
            /**
             * Expires At
             * @description RFC 3339 with an offset, at most 366 days ahead.
             */
            expires_at: string;
            /** Grants */
            grants: components["schemas"]["GrantIn"][];
        };
        /**
         * NewWallboard
         * @description A screen, and what of the city it shows (empty: all).
         */
        NewWallboard: {
            /** Name */
            name: string;
            /** Areas */
            areas?: string[];
            /** Zones */
            zones?: string[];
            /** Domains */
            domains?: string[];
            /**
             * Expires At
             * @description RFC 3339 with an offset; null: without an end.
             */
            expires_at?: string | null;
        };
        /**
         * NoiseLevel
         * @description L_Aeq of one day (06-21 h) or one night (21-06 h, of the date of its evening), dB(A).
         *
         *     `above` is how far it is over the limit, negative within it. Null where too few hours count (`reason`).
         */
        NoiseLevel: {
            station: components["schemas"]["StationOut"];
            /**
             * Date
             * Format: date
             */
            date: string;
            /**
             * Period
             * @enum {string}
             */
            period: "day" | "night";
            /** Since */
            since: string;
            /** At */
            at: string;
            /** Level */
            level: number | null;
            /** Unit */
            unit: string;
            /**
             * Category
             * @enum {string}
             */
            category: "special" | "ordinary";
            category_name: components["schemas"]["Words"];
            /** Limit */
            limit: number | null;
            /** Above */
            above: number | null;
            /** Exceeded */
            exceeded: boolean | null;
            /**
             * Completeness
             * @description % of the period's hours that count.
             */
            completeness: number;
            /** Reason */
            reason: string | null;
            /** Method */
            method: string;
            /** Legal Basis */
            legal_basis: string;
        };
        /**
         * NoiseLevels
         * @description By the end of the period, then by sensor. `note` says what is known of the limits themselves.
         */
        NoiseLevels: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["NoiseLevel"][];
            method: components["schemas"]["Method"];
            note: components["schemas"]["Words"];
        };
        /**
         * NotDone
         * @description An alert to which it was not done: somebody was faster (`changed`), it is in no state for it (`refused`), or
         *     there is no such one (`missing`). `current` is how it stands now.
         */
        NotDone: {
            /** Id */
            id: number;
            /**
             * Why
             * @enum {string}
             */
            why: "changed" | "refused" | "missing";
            /** Detail */
            detail: string;
            current: components["schemas"]["AlertOut"] | null;
        };
        /**
         * NotReady
         * @description The same as a problem.
         */
        NotReady: {
            /**
             * Type
             * @default about:blank
             */
            type: string;
            /** Title */
            title: string;
            /** Status */
            status: number;
            /** Detail */
            detail: string;
            /** Errors */
            errors?: components["schemas"]["Fault"][] | null;
            /** Reasons */
            reasons: string[];
            /** Canary Age S */
            canary_age_s: number | null;
            /** Database */
            database: string;
            /** Broker */
            broker: string;
            /** Alerts */
            alerts: string;
        };
        /**
         * Note
         * @description What is not in an answer: `minutes_not_kept`, `readings_not_kept`, `first_step_not_whole`, `too_many_readings` or
         *     `longer_step`, in words.
         */
        Note: {
            /** Code */
            code: string;
            /** Vi */
            vi: string;
            /** En */
            en: string;
        };
        /** Noted */
        Noted: {
            /** Reason */
            reason: string;
            /** Shape */
            shape: string;
            /** Note */
            note: string | null;
        };
        /**
         * NotificationOut
         * @description A message to one channel of a department.
         */
        NotificationOut: {
            /** Id */
            id: number;
            /**
             * Key
             * @description The receiver knows a repetition by it.
             */
            key: string;
            /** Department */
            department: string;
            /** Channel */
            channel: number;
            /** Channel Name */
            channel_name: string;
            /** Channel Kind */
            channel_kind: string;
            /** Kind */
            kind: string;
            /** Severity */
            severity: string;
            /** Thread */
            thread: string;
            /**
             * State
             * @enum {string}
             */
            state: "waiting" | "sending" | "sent" | "given_up" | "withdrawn";
            /** Created At */
            created_at: string;
            /** Due At */
            due_at: string;
            /** Sent At */
            sent_at: string | null;
            /** Attempts */
            attempts: number;
            /** Error */
            error: string | null;
        };
        /** Notifications */
        Notifications: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["NotificationOut"][];
        };
        /**
         * Observation
         * @description One reading.
         */
        Observation: {
            /** Time */
            time: string;
            /** Sensor Id */
            sensor_id: string;
            /** Metric */
            metric: string;
            /** Channel */
            channel: string;
            /** Unit */
            unit: string;
            /** Value */
            value: number;
            /**
             * Quality
             * @description measuring, calibrating or fault
             */
            quality: string;
        };
        /**
         * Observations
         * @description Readings, or steps where a step was asked for; by sensor, then by time, channel and metric.
         */
        Observations: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: (components["schemas"]["Observation"] | components["schemas"]["Step"] | components["schemas"]["WholeStep"])[];
            /**
             * Step S
             * @description The step in seconds; null for readings as they came.
             */
            step_s?: number | null;
            /** From */
            from?: string | null;
            /** To */
            to?: string | null;
            /**
             * Source
             * @description What the answer was made from.
             * @default raw
             * @enum {string}
             */
            source: "raw" | "minute" | "hour" | "day" | "mix";
            /**
             * Made From
             * @description Every source, where there were several.
             * @default []
             */
            made_from: string[];
            /**
             * Rolled Up To
             * @description Until when rollups were used; what follows is from readings.
             */
            rolled_up_to?: string | null;
            /**
             * Raw From
             * @description Since when readings as they came are kept; null: none was dropped.
             */
            raw_from?: string | null;
            kept_from?: components["schemas"]["KeptFrom"] | null;
            /**
             * Late
             * @description Hours (at least) that readings have changed since they were rolled up, and that are answered as they were: the next round of maintenance mends them.
             * @default 0
             */
            late: number;
            /**
             * Left Out
             * @description Spans that do not count: readings that are not kept any more, or (of a whole zone or area) too many to be added up.
             * @default []
             */
            left_out: components["schemas"]["Span"][];
            /**
             * Notes
             * @description What the answer lacks, and what to ask instead.
             * @default []
             */
            notes: components["schemas"]["Note"][];
            /**
             * Series
             * @description The series of the items of this page, each over the whole span.
             * @default []
             */
            series: components["schemas"]["Series"][];
        };
        /**
         * Offered
         * @description The secret of an authenticator: in use once a code of it was confirmed.
         */
        Offered: {
            /** Secret */
            secret: string;
            /** Uri */
            uri: string;
            /**
             * Svg
             * @description `uri` as a QR code.
             */
            svg: string;
        };
        /**
         * OlderValue
         * @description A value that is older than the others of its sensor, or of another quality.
         */
        OlderValue: {
            /** Value */
            value: number;
            /** Time */
            time: string;
            /** Quality */
            quality: string;
        };
        /**
         * PaceFields
         * @description How its alerts are told, seconds; what is left out is as the product does it.
         */
        PaceFields: {
            /** Wait S */
            wait_s?: number | null;
            /** Interval S */
            interval_s?: number | null;
            /** Repeat S */
            repeat_s?: number | null;
            /**
             * Storm
             * @description Messages in ten minutes beyond which there is one summary.
             */
            storm?: number | null;
            /**
             * Escalate S
             * @description How long nobody may have acknowledged.
             * @default {}
             */
            escalate_s: {
                [key: string]: number;
            };
        };
        /**
         * Password
         * @description One's password, once more.
         */
        Password: {
            /** Password */
            password: string;
        };
        /**
         * People
         * @description A page of people, by name.
         */
        People: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["PersonOut"][];
        };
        /**
         * PersonChange
         * @description What changes; what is left out stays.
         */
        PersonChange: {
            /** Full Name */
            full_name?: string | null;
            /** Email */
            email?: string | null;
            /** Language */
            language?: ("vi" | "en") | null;
            /** Revision */
            revision?: number | null;
        };
        /**
         * PersonDid
         * @description How often somebody did what (`acknowledged`, `comment`, …).
         */
        PersonDid: {
            /** Actor */
            actor: string;
            /** Done */
            done: {
                [key: string]: number;
            };
        };
        /**
         * PersonOut
         * @description Somebody with an account.
         */
        PersonOut: {
            /** Name */
            name: string;
            /** Full Name */
            full_name: string;
            /** Email */
            email: string;
            /**
             * Language
             * @enum {string}
             */
            language: "vi" | "en";
            /** Disabled */
            disabled: boolean;
            /**
             * Password At
             * @description When they chose their password; null: they have none.
             */
            password_at: string | null;
            /**
             * Factor
             * @description Whether they have a second factor.
             */
            factor: boolean;
            /**
             * Oidc
             * @description Whether they sign in at the identity provider.
             */
            oidc: boolean;
            /** Created At */
            created_at: string;
            /** Last Seen At */
            last_seen_at: string | null;
            /** Revision */
            revision: number;
            /** Grants */
            grants: components["schemas"]["GrantOut"][];
        };
        /**
         * Problem
         * @description What went wrong.
         */
        Problem: {
            /**
             * Type
             * @default about:blank
             */
            type: string;
            /** Title */
            title: string;
            /** Status */
            status: number;
            /** Detail */
            detail: string;
            /** Errors */
            errors?: components["schemas"]["Fault"][] | null;
        };
        /**
         * Qualities
         * @description Sensors; untrusted and unknown ones first.
         */
        Qualities: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["QualityOut"][];
        };
        /**
         * Quality
         * @description Readings of the whole span by their quality. Null: not counted.
         */
        Quality: {
            /** Measuring */
            measuring: number | null;
            /**
             * Calibrating
             * @description Null also where readings are not kept any more for the whole span.
             */
            calibrating: number | null;
            /**
             * Fault
             * @description As `calibrating`.
             */
            fault: number | null;
        };
        /**
         * QualityOut
         * @description A sensor's trust. 100 less the points of all reasons is its score.
         */
        QualityOut: {
            /** Sensor Id */
            sensor_id: string;
            /** Name */
            name: string;
            /** Area */
            area: string;
            /** Zone */
            zone: string | null;
            /** Domain */
            domain: string;
            /** Place */
            place: string;
            /**
             * Verdict
             * @description unknown: too little came to judge by, and `score` is null.
             * @enum {string}
             */
            verdict: "trusted" | "untrusted" | "unknown";
            /** Score */
            score: number | null;
            /**
             * Trusted
             * @description false: left out of figures where IOC_UNTRUSTED says so.
             */
            trusted: boolean;
            /**
             * At
             * @description When it was judged.
             */
            at: string;
            figures: components["schemas"]["FiguresOut"];
            /**
             * Reasons
             * @description The dearest first.
             */
            reasons: components["schemas"]["ReasonOut"][];
        };
        /**
         * Range
         * @description The values of a metric that are plausible, both included.
         */
        Range: {
            /** Low */
            low: number;
            /** High */
            high: number;
        };
        /**
         * Ranked
         * @description Which sensor it is, and how alive.
         */
        Ranked: {
            /** Sensor Id */
            sensor_id: string;
            /** Name */
            name: string;
            /** Place */
            place: string;
            /** Site */
            site: string;
            /** Area */
            area: string;
            /** Zone */
            zone: string | null;
            /** Lat */
            lat: number | null;
            /** Lon */
            lon: number | null;
            /**
             * Status
             * @enum {string}
             */
            status: "active" | "maintenance" | "retired";
            /**
             * Liveness
             * @enum {string}
             */
            liveness: "online" | "late" | "offline" | "never_seen";
            /** Last Seen */
            last_seen: string | null;
        };
        /**
         * RankedIndex
         * @description An index's figure and its sensor; of a zone or area there is none.
         */
        RankedIndex: {
            /** Rank */
            rank: number;
            item: components["schemas"]["IndexItem"];
            sensor: components["schemas"]["Ranked"] | null;
        };
        /** RankedReading */
        RankedReading: {
            /** Rank */
            rank: number;
            /** Value */
            value: number;
            /** Time */
            time: string;
            sensor: components["schemas"]["Ranked"];
        };
        /**
         * ReachOut
         * @description What a silence mutes as things stand.
         */
        ReachOut: {
            /** Sensors */
            sensors: number;
            /** Rules */
            rules: number;
            /**
             * Alerts
             * @description Alerts that are open now.
             */
            alerts: number;
        };
        /** Reached */
        Reached: {
            matcher: components["schemas"]["MatcherFields"];
        };
        /** ReadingOut */
        ReadingOut: {
            /** Sensor */
            sensor: string;
            /** At */
            at: string;
            /** Channel */
            channel: string;
            /** Metric */
            metric: string;
            /** Unit */
            unit: string;
            /** Value */
            value: number;
        };
        /**
         * ReadingRanking
         * @description The newest readings at the head, of `count` sensors. `sum` is null where the metric's values do not add up.
         */
        ReadingRanking: {
            /** Domain */
            domain: string;
            /** Metric */
            metric: string;
            /** Unit */
            unit: string;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /** At */
            at: string;
            /**
             * Order
             * @enum {string}
             */
            order: "highest" | "lowest";
            /** Count */
            count: number;
            /** Mean */
            mean: number | null;
            /**
             * Sum
             * @description What hangs on one that tells of the same is in that one.
             */
            sum: number | null;
            /** Items */
            items: components["schemas"]["RankedReading"][];
        };
        /**
         * Ready
         * @description Whether the whole way from broker to screen works.
         */
        Ready: {
            /** Status */
            status: string;
            /** Reasons */
            reasons: string[];
            /** Canary Age S */
            canary_age_s: number | null;
            /** Database */
            database: string;
            /** Broker */
            broker: string;
            /**
             * Alerts
             * @description ok, degraded, down or unknown; no reason not to be ready
             */
            alerts: string;
        };
        /**
         * ReasonOut
         * @description Why points were lost, and what to do about it.
         */
        ReasonOut: {
            /** Code */
            code: string;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /**
             * Points
             * @description Points of 100 that it costs.
             */
            points: number;
            /** Advice Vi */
            advice_vi: string;
            /** Advice En */
            advice_en: string;
            /** Facts */
            facts: {
                [key: string]: unknown;
            };
        };
        /**
         * Recovery
         * @description Codes that stand in for the second factor, each once. Shown this once.
         */
        Recovery: {
            /** Recovery Codes */
            recovery_codes: string[];
        };
        /**
         * Replay
         * @description What to replay: `{"filter": {}}` means everything that was not replayed yet.
         */
        Replay: {
            /** Fix */
            fix?: {
                [key: string]: unknown;
            } | null;
            /**
             * Note
             * @description Why; it is kept with the replay.
             * @default
             */
            note: string;
            filter: components["schemas"]["Chosen"];
        };
        /**
         * ReplayCount
         * @description A rule over a span of time. Times are seconds.
         *
         *     ``alerts``: as people would have got them; ``raised``: how often it fired, those that opened the same alert again
         *     (within the rule's `reopen`, ``reopened``) included. ``swings``: breaches that came back before the alert had
         *     cleared; ``flapped``: how often an alert was marked as flapping. ``cancelled``: breaches that did not hold `for`.
         *     ``lost``: how often a sensor fell silent while it fired. ``standing`` fired before the span began (they count in
         *     the times only), ``open`` still fired at its end. ``total_s`` is over all subjects; ``median_s`` and ``longest_s``
         *     of one raise.
         */
        ReplayCount: {
            /** Alerts */
            alerts: number;
            /** Raised */
            raised: number;
            /** Reopened */
            reopened: number;
            /** Subjects */
            subjects: number;
            /** Swings */
            swings: number;
            /** Flapped */
            flapped: number;
            /** Cancelled */
            cancelled: number;
            /** Lost */
            lost: number;
            /** Standing */
            standing: number;
            /** Open */
            open: number;
            /** Total S */
            total_s: number;
            /** Median S */
            median_s: number | null;
            /** Longest S */
            longest_s: number | null;
            /** Per Day */
            per_day: number;
            /** Per 1000 Sensor Days */
            per_1000_sensor_days: number | null;
        };
        /**
         * ReplayHysteresis
         * @description What clear levels ``share`` of the level away would change; ``count`` is None where ``why`` says that they
         *     change nothing. ``when``: as in the report.
         */
        ReplayHysteresis: {
            /** Share */
            share: number;
            /** Clear Above */
            clear_above: number | null;
            /** Clear Below */
            clear_below: number | null;
            count: components["schemas"]["ReplayCount"] | null;
            /** When */
            when: number[];
            /** Why Vi */
            why_vi: string;
            /** Why En */
            why_en: string;
        };
        /**
         * ReplayNote
         * @description What must be known to read the figures.
         */
        ReplayNote: {
            /** Code */
            code: string;
            /** Vi */
            vi: string;
            /** En */
            en: string;
        };
        /**
         * ReplayOut
         * @description A replay that somebody has asked for, and how far it is.
         */
        ReplayOut: {
            /** Id */
            id: number;
            /** Made At */
            made_at: string;
            /** Author */
            author: string;
            /** Note */
            note: string;
            /** Filter */
            filter: {
                [key: string]: unknown;
            };
            /** Fix */
            fix: {
                [key: string]: unknown;
            } | null;
            /**
             * Items
             * @description How many were asked for.
             */
            items: number;
            /**
             * Waiting
             * @description A collector has still to look at them.
             */
            waiting: number;
            /** Entered */
            entered: number;
            /**
             * Stays
             * @description Still wrong; they stay in quarantine, with their bytes.
             */
            stays: number;
            /**
             * Stored
             * @description Readings.
             */
            stored: number;
            /**
             * Duplicate
             * @description Readings that were there already.
             */
            duplicate: number;
            /** Why */
            why: components["schemas"]["ReplayWhy"][];
        };
        /**
         * ReplayRaise
         * @description From when to when it fired, within the span (``until`` None: it still did at the end); ``again``: it opened the
         *     alert before again, a flap.
         */
        ReplayRaise: {
            /** Since */
            since: string;
            /** Until */
            until: string | null;
            /** Again */
            again: boolean;
        };
        /**
         * ReplayReport
         * @description ``scope``: the sensors, zones, areas or parents that the rule looks at, of an index those that it spoke of;
         *     ``readings``: values that were judged; ``when``: how often it was raised in each of 96 equal parts of the span.
         */
        ReplayReport: {
            /** Rule */
            rule: string;
            /** Version */
            version: number;
            /** Scope */
            scope: number;
            /** Readings */
            readings: number;
            count: components["schemas"]["ReplayCount"];
            hysteresis: components["schemas"]["ReplayHysteresis"];
            /** When */
            when: number[];
            /** Worst */
            worst: components["schemas"]["ReplayWorst"][];
        };
        /**
         * ReplaySource
         * @description What a domain's history was read from.
         */
        ReplaySource: {
            /** Domain */
            domain: string;
            /**
             * Kept
             * @enum {string}
             */
            kept: "readings" | "minutes" | "hours";
            /** Since */
            since: string;
            /** Until */
            until: string;
        };
        /**
         * ReplayWhy
         * @description What was still wrong with items: the words for one of them, and how many.
         */
        ReplayWhy: {
            /** Detail */
            detail: string;
            /** Items */
            items: number;
        };
        /**
         * ReplayWorst
         * @description A subject that it was raised for; ``peak`` is the worst value, ``raises`` are the first 200.
         */
        ReplayWorst: {
            /** Subject */
            subject: string;
            /** Raised */
            raised: number;
            /** Total S */
            total_s: number;
            /** Peak */
            peak: number | null;
            /** Raises */
            raises: components["schemas"]["ReplayRaise"][];
        };
        /** Replays */
        Replays: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["ReplayOut"][];
        };
        /**
         * Requested
         * @description How many items have been marked; a collector replays them within seconds. `replay`: its number.
         */
        Requested: {
            /** Requested */
            requested: number;
            /**
             * Replay
             * @description null: there was nothing to replay.
             */
            replay: number | null;
        };
        /**
         * Reset
         * @description What goes beside the password and the sessions.
         */
        Reset: {
            /**
             * Factor
             * @description The second factor too: for who has lost it.
             * @default false
             */
            factor: boolean;
            /**
             * Tokens
             * @description API tokens are revoked too.
             * @default true
             */
            tokens: boolean;
        };
        /**
         * RouteChange
         * @description The route as it is to be.
         */
        RouteChange: {
            /**
             * Revision
             * @description The revision that you have seen; the header If-Match says the same.
             */
            revision?: number | null;
            /**
             * As
             * @description Who acts, as they want to be named; for the machine's own token alone, which many may hold. Of others: 422.
             */
            as?: string | null;
            /**
             * Zone
             * @description Code of a ward.
             */
            zone?: string | null;
            /** Area */
            area?: string | null;
            /** Domain */
            domain?: string | null;
            /** Kind */
            kind?: ("congestion" | "detector_fault" | "air_quality" | "industrial_emission" | "noise" | "lamp_fault" | "power" | "water_supply" | "water_quality" | "street_flooding" | "river_flood" | "sensor_offline" | "security") | null;
            /** Severity */
            severity?: ("info" | "warning" | "major" | "critical") | null;
            /** Department */
            department: string;
            /**
             * Role
             * @enum {string}
             */
            role: "handles" | "supports" | "informed";
        };
        /** RouteIn */
        RouteIn: {
            /**
             * Zone
             * @description Code of a ward.
             */
            zone?: string | null;
            /** Area */
            area?: string | null;
            /** Domain */
            domain?: string | null;
            /** Kind */
            kind?: ("congestion" | "detector_fault" | "air_quality" | "industrial_emission" | "noise" | "lamp_fault" | "power" | "water_supply" | "water_quality" | "street_flooding" | "river_flood" | "sensor_offline" | "security") | null;
            /** Severity */
            severity?: ("info" | "warning" | "major" | "critical") | null;
            /** Department */
            department: string;
            /**
             * Role
             * @enum {string}
             */
            role: "handles" | "supports" | "informed";
            /**
             * As
             * @description Who acts, as they want to be named; for the machine's own token alone, which many may hold. Of others: 422.
             */
            as?: string | null;
        };
        /** RouteOut */
        RouteOut: {
            /**
             * Zone
             * @description Code of a ward.
             */
            zone?: string | null;
            /** Area */
            area?: string | null;
            /** Domain */
            domain?: string | null;
            /** Kind */
            kind?: ("congestion" | "detector_fault" | "air_quality" | "industrial_emission" | "noise" | "lamp_fault" | "power" | "water_supply" | "water_quality" | "street_flooding" | "river_flood" | "sensor_offline" | "security") | null;
            /** Severity */
            severity?: ("info" | "warning" | "major" | "critical") | null;
            /** Department */
            department: string;
            /**
             * Role
             * @enum {string}
             */
            role: "handles" | "supports" | "informed";
            /** Id */
            id: number;
            /** Revision */
            revision: number;
            /** Changed At */
            changed_at: string;
            /** Changed By */
            changed_by: string;
        };
        /** Routes */
        Routes: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["RouteOut"][];
        };
        /**
         * RuleNoise
         * @description A rule's part of the noise; `share` of all alerts, 0 to 1. The names are those of its newest version.
         */
        RuleNoise: {
            /** Rule */
            rule: string;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /** Severity */
            severity: string;
            /** Share */
            share: number;
            noise: components["schemas"]["AlertNoise"];
        };
        /**
         * RuleOut
         * @description A rule as it stands; `version` is what a change names as `revision`.
         */
        RuleOut: {
            /** Code */
            code: string;
            /** Version */
            version: number;
            /** Enabled */
            enabled: boolean;
            /** Changed At */
            changed_at: string;
            /** Changed By */
            changed_by: string;
            /** Note */
            note: string;
            /**
             * Set Aside
             * @description Why judgement tripped over it: it is not judged until it is changed.
             */
            set_aside: string | null;
            /** Set Aside At */
            set_aside_at: string | null;
            /** Deleted At */
            deleted_at: string | null;
            /** Rule */
            rule: {
                [key: string]: unknown;
            };
        };
        /**
         * RuleProblem
         * @description A rule that is not kept, with everything that was found.
         */
        RuleProblem: {
            /**
             * Type
             * @default about:blank
             */
            type: string;
            /** Title */
            title: string;
            /** Status */
            status: number;
            /** Detail */
            detail: string;
            /** Errors */
            errors?: components["schemas"]["Fault"][] | null;
            /** Findings */
            findings?: components["schemas"]["FindingOut"][] | null;
        };
        /**
         * RuleReplay
         * @description What a replay found, from what, and how long it took.
         */
        RuleReplay: {
            /** Since */
            since: string;
            /** Until */
            until: string;
            report: components["schemas"]["ReplayReport"];
            /** Sources */
            sources: components["schemas"]["ReplaySource"][];
            /** Notes */
            notes: components["schemas"]["ReplayNote"][];
            /** Took S */
            took_s: number;
            /** Readings Per S */
            readings_per_s: number;
        };
        /**
         * RuleThen
         * @description The rule as it was judged, and who changed it last.
         */
        RuleThen: {
            /** Code */
            code: string;
            /** Version */
            version: number;
            /** Vi */
            vi: string | null;
            /** En */
            en: string | null;
            /** Severity */
            severity: string | null;
            /** Condition */
            condition: {
                [key: string]: unknown;
            } | null;
            /** Scope */
            scope: {
                [key: string]: unknown;
            } | null;
            /** For S */
            for_s: number | null;
            /** Clear For S */
            clear_for_s: number | null;
            /** Legal Basis */
            legal_basis: string | null;
            /**
             * Advice Vi
             * @description What to do.
             */
            advice_vi: string | null;
            /** Advice En */
            advice_en: string | null;
            /**
             * Made At
             * @description When and by whom this version was made, and why.
             */
            made_at: string | null;
            /** Made By */
            made_by: string | null;
            /** Note */
            note: string | null;
            /** Version Now */
            version_now: number | null;
            /**
             * Changed At
             * @description The last change of the rule, perhaps to a newer version.
             */
            changed_at: string | null;
            /** Changed By */
            changed_by: string | null;
            /** Enabled */
            enabled: boolean | null;
            /** Deleted At */
            deleted_at: string | null;
            /** Set Aside */
            set_aside: string | null;
        };
        /** RuleToCheck */
        RuleToCheck: {
            /**
             * Rule
             * @description The rule's fields, as docs/alerts/rules.md has them; times in seconds, the condition with its `type`, as GET shows them.
             * @example {
             *       "code": "pm25-cao",
             *       "condition": {
             *         "levels": {
             *           "above": 150,
             *           "clear_above": 120
             *         },
             *         "metric": "pm2_5",
             *         "type": "threshold"
             *       },
             *       "en": "High PM2.5",
             *       "for_s": 600,
             *       "kind": "air_quality",
             *       "severity": "warning",
             *       "vi": "Bụi PM2.5 cao"
             *     }
             */
            rule: {
                [key: string]: unknown;
            };
        };
        /** Rules */
        Rules: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["ListedRule"][];
        };
        /**
         * Seen
         * @description Somebody has looked at it, and leaves it as it is.
         */
        Seen: {
            /** Note */
            note: string;
            /** Author */
            author: string;
            /** At */
            at: string;
        };
        /**
         * SeenAlert
         * @description An alert as it was seen.
         */
        SeenAlert: {
            /** Id */
            id: number;
            /** Revision */
            revision: number;
        };
        /**
         * SensorChange
         * @description Fields to change; what is left out stays.
         */
        SensorChange: {
            /** Area */
            area?: string | null;
            /** Domain */
            domain?: string | null;
            /** Zone */
            zone?: string | null;
            /** Name */
            name?: string | null;
            /** Site */
            site?: string | null;
            /** Place */
            place?: string | null;
            /** Lat */
            lat?: number | null;
            /** Lon */
            lon?: number | null;
            /** Interval S */
            interval_s?: number | null;
            /** Parent */
            parent?: string | null;
            /** Metrics */
            metrics?: string[] | null;
            /** Status */
            status?: ("active" | "maintenance" | "retired") | null;
            /** Tags */
            tags?: string[] | null;
        };
        /**
         * SensorFields
         * @description What is registered of a sensor, but its id.
         */
        SensorFields: {
            /** Area */
            area: string;
            /** Domain */
            domain: string;
            /**
             * Zone
             * @description Code of a zone of the area.
             */
            zone?: string | null;
            /**
             * Name
             * @default
             */
            name: string;
            /**
             * Site
             * @default
             */
            site: string;
            /**
             * Place
             * @default
             */
            place: string;
            /** Lat */
            lat?: number | null;
            /** Lon */
            lon?: number | null;
            /**
             * Interval S
             * @description Seconds between two reports; 0: the domain's own.
             * @default 0
             */
            interval_s: number;
            /**
             * Parent
             * @description Cabinet, gateway or feeder that it hangs on.
             * @default
             */
            parent: string;
            /**
             * Metrics
             * @description What it is expected to report; empty: not said.
             * @default []
             */
            metrics: string[];
            /**
             * Status
             * @default active
             * @enum {string}
             */
            status: "active" | "maintenance" | "retired";
            /**
             * Tags
             * @description Words of the city's own, by which rules choose sensors.
             * @default []
             */
            tags: string[];
        };
        /**
         * SensorOut
         * @description A sensor and how alive it is. `interval_s` is the one in force.
         */
        SensorOut: {
            /** Area */
            area: string;
            /** Domain */
            domain: string;
            /**
             * Zone
             * @description Code of a zone of the area.
             */
            zone?: string | null;
            /**
             * Name
             * @default
             */
            name: string;
            /**
             * Site
             * @default
             */
            site: string;
            /**
             * Place
             * @default
             */
            place: string;
            /** Lat */
            lat?: number | null;
            /** Lon */
            lon?: number | null;
            /**
             * Interval S
             * @description Seconds between two reports; 0: the domain's own.
             * @default 0
             */
            interval_s: number;
            /**
             * Parent
             * @description Cabinet, gateway or feeder that it hangs on.
             * @default
             */
            parent: string;
            /**
             * Metrics
             * @description What it is expected to report; empty: not said.
             * @default []
             */
            metrics: string[];
            /**
             * Status
             * @default active
             * @enum {string}
             */
            status: "active" | "maintenance" | "retired";
            /**
             * Tags
             * @description Words of the city's own, by which rules choose sensors.
             * @default []
             */
            tags: string[];
            /** Sensor Id */
            sensor_id: string;
            /**
             * Liveness
             * @enum {string}
             */
            liveness: "online" | "late" | "offline" | "never_seen";
            /** Last Seen */
            last_seen: string | null;
        };
        /** Sensors */
        Sensors: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["SensorOut"][];
        };
        /** SensorsOut */
        SensorsOut: {
            /** Reporting */
            reporting: number;
            /** Expected */
            expected: number;
        };
        /**
         * Series
         * @description What one series is, over the whole span; with `layout=series` also its figures, one entry for each step.
         */
        Series: {
            /** Metric */
            metric: string;
            /** Unit */
            unit: string;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /** Aggregate */
            aggregate: string;
            /**
             * Readings
             * @description Readings of quality `measuring`; null where too many are not rolled up.
             */
            readings: number | null;
            /** Expected Readings */
            expected_readings: number | null;
            /**
             * Complete
             * @description Percent of the readings that should be there.
             */
            complete: number | null;
            /** @description Of sensors. */
            quality?: components["schemas"]["Quality"] | null;
            /**
             * Trusted
             * @description Whether the sensor is trusted now; null before it was judged.
             */
            trusted?: boolean | null;
            /**
             * Left Out
             * @description Of a zone or area: sensors (at most) that were not counted.
             */
            left_out?: number | null;
            /** Sensor Id */
            sensor_id?: string | null;
            /** Channel */
            channel?: string | null;
            /** Area */
            area?: string | null;
            /** Zone */
            zone?: string | null;
            /** Domain */
            domain?: string | null;
            /**
             * Start
             * @description When the first step begins.
             */
            start?: string | null;
            /** Step S */
            step_s?: number | null;
            /** Count */
            count?: number[] | null;
            /** Mean */
            mean?: (number | null)[] | null;
            /** Min */
            min?: (number | null)[] | null;
            /** Max */
            max?: (number | null)[] | null;
            /** Value */
            value?: (number | null)[] | null;
            /** Completeness */
            completeness?: (number | null)[] | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * SessionItem
         * @description A session that has not ended.
         */
        SessionItem: {
            /** Id */
            id: string;
            /**
             * Way
             * @enum {string}
             */
            way: "password" | "oidc" | "link";
            /** Created At */
            created_at: string;
            /** Seen At */
            seen_at: string;
            /** Expires At */
            expires_at: string;
            /** Locked */
            locked: boolean;
            /** Address */
            address: string;
            /** Agent */
            agent: string;
            /** Current */
            current: boolean;
        };
        /**
         * SessionOut
         * @description The session of a cookie.
         */
        SessionOut: {
            /** Name */
            name: string;
            /** Full Name */
            full_name: string;
            /**
             * Way
             * @enum {string}
             */
            way: "password" | "oidc" | "link";
            /** Locked */
            locked: boolean;
            /**
             * Password
             * @description Whether a password opens it when it is locked; else by signing in again.
             */
            password: boolean;
            /**
             * Idle Lock Min
             * @description Minutes without anybody after which it is locked; 0: never.
             */
            idle_lock_min: number;
            /** Expires At */
            expires_at: string;
            /**
             * Must Enrol
             * @description Nothing else may be done before a second factor is set up.
             */
            must_enrol: boolean;
        };
        /**
         * Sessions
         * @description The one that was used last first.
         */
        Sessions: {
            /** Items */
            items: components["schemas"]["SessionItem"][];
        };
        /**
         * Sheet
         * @description Messages received, and their readings by what became of them.
         */
        Sheet: {
            /** Messages */
            messages: number;
            /** Decoded */
            decoded: number;
            /** Stored */
            stored: number;
            /** Duplicate */
            duplicate: number;
            /** Quarantined */
            quarantined: number;
            /**
             * Replayed
             * @description Of `decoded`: came out of quarantine by a replay.
             */
            replayed: number;
            /**
             * Limited
             * @description Of `messages`: counted and not decoded, because their sensors send too many.
             */
            limited: number;
            /**
             * Adds Up
             * @description decoded = stored + duplicate + quarantined
             */
            adds_up: boolean;
        };
        /**
         * Shift
         * @description `open`: at its end, or now while it lasts; `opened`: fired in it; `ended`: resolved in it, by readings or people,
         *     and not opened again since.
         */
        Shift: {
            /** From */
            from: string;
            /** To */
            to: string;
            open: components["schemas"]["AlertsOfShift"];
            opened: components["schemas"]["AlertsOfShift"];
            ended: components["schemas"]["AlertsOfShift"];
            deeds: components["schemas"]["DeedsOfShift"];
        };
        /**
         * SignIn
         * @description The code of a link, with the password that is chosen by it; or a name and a password, with a second factor.
         */
        SignIn: {
            /** Code */
            code?: string | null;
            /** Name */
            name?: string | null;
            /** Password */
            password?: string | null;
            /**
             * Factor
             * @description Six digits of the authenticator, or a recovery code.
             */
            factor?: string | null;
        };
        /**
         * SignedIn
         * @description What comes next: nothing (the cookie is set), the second factor, or choosing a password.
         */
        SignedIn: {
            /**
             * Next
             * @enum {string}
             */
            next: "done" | "factor" | "choose_password";
            /** Name */
            name?: string | null;
            /** Full Name */
            full_name?: string | null;
        };
        /** SilenceBy */
        SilenceBy: {
            /** Id */
            id: number;
            /** Kind */
            kind: string;
            /** Reason */
            reason: string;
            /** Author */
            author: string;
            /** Created At */
            created_at: string;
            /** Starts At */
            starts_at: string;
            /** Ends At */
            ends_at: string;
            /** Ended At */
            ended_at: string | null;
            /** Ended By */
            ended_by: string | null;
        };
        /** SilenceOut */
        SilenceOut: {
            /** Id */
            id: number;
            /**
             * Kind
             * @enum {string}
             */
            kind: "silence" | "maintenance";
            /**
             * State
             * @enum {string}
             */
            state: "planned" | "in_force" | "over";
            matcher: components["schemas"]["MatcherFields"];
            /** Reason */
            reason: string;
            /** Author */
            author: string;
            /** Created At */
            created_at: string;
            /** Starts At */
            starts_at: string;
            /** Ends At */
            ends_at: string;
            /** Ended At */
            ended_at: string | null;
            /** Ended By */
            ended_by: string | null;
            /** Revision */
            revision: number;
        };
        /** Silences */
        Silences: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["SilenceOut"][];
        };
        /**
         * Span
         * @description A span of time.
         */
        Span: {
            /** From */
            from: string;
            /** To */
            to: string;
        };
        /**
         * Stale
         * @description Somebody was faster.
         */
        Stale: {
            /**
             * Type
             * @default about:blank
             */
            type: string;
            /** Title */
            title: string;
            /** Status */
            status: number;
            /** Detail */
            detail: string;
            /** Errors */
            errors?: components["schemas"]["Fault"][] | null;
            /**
             * Current
             * @description How it stands now; null: it is no more.
             */
            current: {
                [key: string]: unknown;
            } | null;
        };
        /**
         * StationOut
         * @description Where a figure was measured. `trusted` is the judgement of its data at that time, see `/quality`.
         */
        StationOut: {
            /** Sensor Id */
            sensor_id: string;
            /** Name */
            name: string;
            /** Place */
            place: string;
            /** Site */
            site: string;
            /** Lat */
            lat: number | null;
            /** Lon */
            lon: number | null;
            /** Area */
            area: string;
            /** Zone */
            zone: string | null;
            /** Trusted */
            trusted: boolean;
        };
        /**
         * Step
         * @description The readings of quality `measuring` in one step of time, which begins at `time`.
         *
         *     `mean` is the mean that is right for the metric; `value` is its own aggregate (a sum for amounts, the increase
         *     for counters, else the mean).
         */
        Step: {
            /** Unit */
            unit: string;
            /** Count */
            count: number;
            /** Mean */
            mean: number | null;
            /** Min */
            min: number | null;
            /** Max */
            max: number | null;
            /** Value */
            value: number | null;
            /**
             * Completeness
             * @description Percent of the readings that should be there.
             */
            completeness: number | null;
            /** P15 */
            p15?: number | null;
            /** P50 */
            p50?: number | null;
            /** P85 */
            p85?: number | null;
            /** Time */
            time: string;
            /** Sensor Id */
            sensor_id: string;
            /** Metric */
            metric: string;
            /** Channel */
            channel: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * SubIndex
         * @description One pollutant. `averaging` is what the concentration is: nowcast, 1h, 24h, max_1h or max_8h (highest mean).
         *
         *     `index` is null with a concentration where a day's ozone is above 400 µg/m³ over 8 hours: then its 1-hour mean
         *     alone counts.
         */
        SubIndex: {
            /** Pollutant */
            pollutant: string;
            name: components["schemas"]["Words"];
            /** Averaging */
            averaging: string;
            /** Concentration */
            concentration: number | null;
            /** Unit */
            unit: string;
            /** Index */
            index: number | null;
            /** Dominant */
            dominant: boolean;
            /**
             * Completeness
             * @description % of the readings that were due.
             */
            completeness: number;
        };
        /**
         * Summary
         * @description A zone now.
         */
        Summary: {
            /** Zone */
            zone: string;
            /** Area */
            area: string;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /** At */
            at: string;
            /** Sensors */
            sensors: number;
            /** Liveness */
            liveness: {
                [key: string]: number;
            };
            /** Status */
            status: {
                [key: string]: number;
            };
            /** Domains */
            domains: components["schemas"]["DomainNow"][];
        };
        /**
         * Supposed
         * @description What would be done beside the fix, before the replay.
         */
        Supposed: {
            /**
             * Registered
             * @description Unknown sensors are registered where their topics say.
             * @default false
             */
            registered: boolean;
            /**
             * Ranges
             * @default []
             */
            ranges: components["schemas"]["Bounds"][];
        };
        /** Switch */
        Switch: {
            /**
             * Revision
             * @description The revision that you have seen; the header If-Match says the same.
             */
            revision?: number | null;
            /**
             * As
             * @description Who acts, as they want to be named; for the machine's own token alone, which many may hold. Of others: 422.
             */
            as?: string | null;
            /**
             * Note
             * @default
             */
            note: string;
            /**
             * Accept Warnings
             * @default false
             */
            accept_warnings: boolean;
        };
        /** System */
        System: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["SystemItem"][];
            /**
             * Ingest Lag S
             * @description How far the stored readings are behind, s.
             */
            ingest_lag_s: number | null;
            /**
             * Source
             * @description ok, degraded or stopped
             */
            source: string;
            /**
             * Sensors
             * @description Sensors by liveness.
             */
            sensors: {
                [key: string]: number;
            };
            /** Server Time */
            server_time: string;
        };
        /**
         * SystemItem
         * @description A service; what else it says depends on it.
         */
        SystemItem: {
            /** Key */
            key: string;
            /** State */
            state: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * Timetable
         * @description The days that a span touches, by day; all in one answer.
         */
        Timetable: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["LampDay"][];
            /**
             * Due
             * @description Whether lamps should burn now.
             */
            due: boolean;
            /** Next Change */
            next_change: string;
        };
        /**
         * TokenOut
         * @description A token of a program or a wallboard, without its secret.
         */
        TokenOut: {
            /** Id */
            id: number;
            /** Name */
            name: string;
            /**
             * Hint
             * @description How it begins.
             */
            hint: string;
            /** Grants */
            grants: components["schemas"]["GrantOut"][];
            /** Created At */
            created_at: string;
            /** Created By */
            created_by: string;
            /** Expires At */
            expires_at: string | null;
            /** Used At */
            used_at: string | null;
            /** Used From */
            used_from: string;
            /** Revoked At */
            revoked_at: string | null;
            /** Revoked By */
            revoked_by: string | null;
        };
        /**
         * Tokens
         * @description The newest first.
         */
        Tokens: {
            /** Items */
            items: components["schemas"]["TokenOut"][];
        };
        /**
         * Trial
         * @description `items`: who handles it first. Empty: nobody would be told, which is a gap in the routes.
         */
        Trial: {
            /** At */
            at: string;
            /** Rule */
            rule: string | null;
            /**
             * Kind
             * @enum {string}
             */
            kind: "congestion" | "detector_fault" | "air_quality" | "industrial_emission" | "noise" | "lamp_fault" | "power" | "water_supply" | "water_quality" | "street_flooding" | "river_flood" | "sensor_offline" | "security";
            /**
             * Severity
             * @enum {string}
             */
            severity: "info" | "warning" | "major" | "critical";
            /** Items */
            items: components["schemas"]["WouldTell"][];
        };
        /**
         * Tried
         * @description What a replay of these messages would do now.
         */
        Tried: {
            /**
             * Items
             * @description Messages that the filter takes.
             */
            items: number;
            /**
             * Tried
             * @description Of those, the newest, until 10,000, 8 MiB, 100,000 readings or 5 seconds: all counts are of them.
             */
            tried: number;
            /**
             * Enter
             * @description Messages that would be done.
             */
            enter: number;
            /**
             * Stay
             * @description Messages that would stay: what is good in them is stored all the same.
             */
            stay: number;
            /**
             * Stored
             * @description Readings.
             */
            stored: number;
            /**
             * Duplicate
             * @description Readings that are there already.
             */
            duplicate: number;
            /**
             * Wrong
             * @description Readings that would still be wrong.
             */
            wrong: number;
            /**
             * Why
             * @description The most frequent first.
             */
            why: components["schemas"]["WhyOut"][];
            /** Examples */
            examples: components["schemas"]["ExampleOut"][];
        };
        /** Try */
        Try: {
            filter: components["schemas"]["Chosen"];
            /** Fix */
            fix?: {
                [key: string]: unknown;
            } | null;
            /**
             * @default {
             *       "registered": false,
             *       "ranges": []
             *     }
             */
            suppose: components["schemas"]["Supposed"];
        };
        /**
         * TryOut
         * @description One try to deliver a message.
         */
        TryOut: {
            /** At */
            at: string;
            /** Took Ms */
            took_ms: number;
            /**
             * Outcome
             * @enum {string}
             */
            outcome: "sent" | "retry" | "given_up";
            /** Status */
            status: number | null;
            /** Detail */
            detail: string;
            /** Retry At */
            retry_at: string | null;
        };
        /**
         * Unlock
         * @description What opens a locked session: the password. A second factor is checked where it is given.
         */
        Unlock: {
            /** Password */
            password: string;
            /** Factor */
            factor?: string | null;
        };
        /**
         * ValueOut
         * @description A value that did something, and the level it was held against.
         */
        ValueOut: {
            /** At */
            at: string;
            /** What */
            what: string;
            /** Value */
            value: number | null;
            /** Threshold */
            threshold: number | null;
        };
        /**
         * Wallboard
         * @description A screen's token, and how the screen is that shows by it; as this process of the API has seen it.
         */
        Wallboard: {
            /** Id */
            id: number;
            /** Name */
            name: string;
            /**
             * Hint
             * @description How it begins.
             */
            hint: string;
            /** Grants */
            grants: components["schemas"]["GrantOut"][];
            /** Created At */
            created_at: string;
            /** Created By */
            created_by: string;
            /** Expires At */
            expires_at: string | null;
            /** Used At */
            used_at: string | null;
            /** Used From */
            used_from: string;
            /** Revoked At */
            revoked_at: string | null;
            /** Revoked By */
            revoked_by: string | null;
            /** Connected */
            connected: boolean;
            /**
             * Connections
             * @description Live sockets; of several screens by one token the worst counts.
             */
            connections: number;
            /**
             * Since
             * @description When it came, or left; null: it has not come since the API's start.
             */
            since: string | null;
            /**
             * Drawn At
             * @description When it last said what it has drawn.
             */
            drawn_at: string | null;
            /**
             * Behind S
             * @description For how long the oldest frame it got has waited to be drawn.
             */
            behind_s: number | null;
            /**
             * Frozen
             * @description Connected, and has drawn nothing for 30 s though there was news.
             */
            frozen: boolean;
        };
        /**
         * Wallboards
         * @description The newest first.
         */
        Wallboards: {
            /** Items */
            items: components["schemas"]["Wallboard"][];
        };
        /**
         * Wanted
         * @description A question about history; the fields are those of `GET observations`.
         */
        Wanted: {
            /**
             * Sensor
             * @default []
             */
            sensor: string[];
            /** Area */
            area?: string | null;
            /** Zone */
            zone?: string | null;
            /**
             * Domain
             * @default []
             */
            domain: string[];
            /** Metric */
            metric: string[];
            /**
             * Of
             * @default sensors
             * @enum {string}
             */
            of: "sensors" | "whole";
            /** From */
            from?: string | null;
            /** To */
            to?: string | null;
            /** Step */
            step?: string | null;
            /** Points */
            points?: number | null;
            /**
             * Gaps
             * @default leave_out
             * @enum {string}
             */
            gaps: "leave_out" | "null";
            /**
             * Layout
             * @default items
             * @enum {string}
             */
            layout: "items" | "series";
            /**
             * Stat
             * @default []
             */
            stat: ("count" | "mean" | "min" | "max" | "value" | "completeness" | "percentiles")[];
            /**
             * Format
             * @default json
             * @enum {string}
             */
            format: "json" | "csv" | "parquet";
            /** Limit */
            limit?: number | null;
            /** Cursor */
            cursor?: string | null;
        };
        /**
         * Ways
         * @description How somebody may sign in.
         */
        Ways: {
            /** Password */
            password: boolean;
            /** @description What the identity provider is called; null: there is none. */
            oidc: components["schemas"]["Names"] | null;
        };
        /**
         * WholeAlert
         * @description An alert with everything that happened to it, comments too, and who was told.
         */
        WholeAlert: {
            /** Key */
            key: string;
            /** Id */
            id: number;
            /**
             * Revision
             * @description One more with every change: whoever changes it names the one they saw.
             */
            revision: number;
            /** Rule */
            rule: string;
            /** Rule Version */
            rule_version: number;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /** Kind */
            kind: string;
            /** Severity */
            severity: string;
            /**
             * State
             * @enum {string}
             */
            state: "pending" | "firing" | "acknowledged" | "in_progress" | "resolved" | "closed";
            /**
             * Condition
             * @description lost: the readings have ceased, so that nothing is known.
             * @enum {string}
             */
            condition: "breach" | "clearing" | "clear" | "lost";
            /**
             * Subject
             * @description sensor/ID, sensor/ID/channel, zone/CODE, area/CODE, parent/ID; of alerts about security also address/…, account/…, device/…, wallboard/…, system/….
             */
            subject: string;
            /**
             * Area
             * @description Empty: it is about no place in the city, but about the system.
             */
            area: string;
            /** Zone */
            zone: string | null;
            /** Domain */
            domain: string | null;
            /** Sensor Id */
            sensor_id: string | null;
            /** Sensor Name */
            sensor_name: string | null;
            /** Place */
            place: string | null;
            /** Lat */
            lat: number | null;
            /** Lon */
            lon: number | null;
            /** Channel */
            channel: string | null;
            /** Parent */
            parent: string | null;
            /**
             * Department
             * @description Who handles it.
             */
            department: string | null;
            /** Departments */
            departments: components["schemas"]["ConcernOut"][];
            /**
             * Started At
             * @description Time of the first reading in breach; never changes.
             */
            started_at: string;
            /** Fired At */
            fired_at: string | null;
            /** Cleared At */
            cleared_at: string | null;
            /** Acknowledged At */
            acknowledged_at: string | null;
            /** Acknowledged By */
            acknowledged_by: string | null;
            /** Assigned At */
            assigned_at: string | null;
            /** Assigned To */
            assigned_to: string | null;
            /** Resolved At */
            resolved_at: string | null;
            /** Resolved By */
            resolved_by: string | null;
            /** Closed At */
            closed_at: string | null;
            /** Closed By */
            closed_by: string | null;
            /** Value */
            value: number | null;
            /** Value At */
            value_at: string | null;
            /** Peak */
            peak: number | null;
            /** Peak At */
            peak_at: string | null;
            /** Threshold */
            threshold: number | null;
            /** Unit */
            unit: string;
            /**
             * Legal Basis
             * @description null: an operating threshold, which is no legal limit.
             */
            legal_basis: string | null;
            /** Flapping */
            flapping: boolean;
            /** Raises */
            raises: number;
            /**
             * Retroactive
             * @description Known only when it was over: from readings that came late.
             */
            retroactive: boolean;
            /**
             * Incident
             * @description The alert that speaks for this one.
             */
            incident: number | null;
            /** Escalation */
            escalation: number;
            /** Changed At */
            changed_at: string;
            /** Flips */
            flips: components["schemas"]["FlipOut"][];
            /** Notifications */
            notifications: components["schemas"]["AboutNotification"][];
        };
        /**
         * WholeItem
         * @description A message in quarantine with its payload.
         */
        WholeItem: {
            /** Id */
            id: number;
            /** Received At */
            received_at: string;
            /** Topic */
            topic: string;
            /** Reason */
            reason: string;
            /** Detail */
            detail: string;
            /** Sensor Id */
            sensor_id: string | null;
            /** Readings */
            readings: number;
            /** Retained */
            retained: boolean;
            /** Bytes */
            bytes: number;
            /** Text */
            text: string;
            /** Replay Requested At */
            replay_requested_at: string | null;
            /** Replayed At */
            replayed_at: string | null;
            /**
             * Replay Detail
             * @description What was still wrong at the last replay.
             */
            replay_detail: string | null;
            /**
             * Shape
             * @description Of where it comes from and what it looks like; null: not looked at yet.
             */
            shape?: string | null;
            /**
             * Replay
             * @description The last replay that was asked for it: see `quarantine/replays`.
             */
            replay?: number | null;
            /** Payload Base64 */
            payload_base64: string;
            /**
             * Leaves
             * @description The values in it, 60 at the most; none where it is no JSON.
             */
            leaves: components["schemas"]["Leaf"][];
        };
        /**
         * WholeNotification
         * @description With what it said, without the links that only its receiver has.
         */
        WholeNotification: {
            /** Id */
            id: number;
            /**
             * Key
             * @description The receiver knows a repetition by it.
             */
            key: string;
            /** Department */
            department: string;
            /** Channel */
            channel: number;
            /** Channel Name */
            channel_name: string;
            /** Channel Kind */
            channel_kind: string;
            /** Kind */
            kind: string;
            /** Severity */
            severity: string;
            /** Thread */
            thread: string;
            /**
             * State
             * @enum {string}
             */
            state: "waiting" | "sending" | "sent" | "given_up" | "withdrawn";
            /** Created At */
            created_at: string;
            /** Due At */
            due_at: string;
            /** Sent At */
            sent_at: string | null;
            /** Attempts */
            attempts: number;
            /** Error */
            error: string | null;
            /** Tries */
            tries: components["schemas"]["TryOut"][];
            /** Subject */
            subject: string;
            /** Text */
            text: string;
        };
        /** WholeRule */
        WholeRule: {
            /** Code */
            code: string;
            /** Version */
            version: number;
            /** Enabled */
            enabled: boolean;
            /** Changed At */
            changed_at: string;
            /** Changed By */
            changed_by: string;
            /** Note */
            note: string;
            /**
             * Set Aside
             * @description Why judgement tripped over it: it is not judged until it is changed.
             */
            set_aside: string | null;
            /** Set Aside At */
            set_aside_at: string | null;
            /** Deleted At */
            deleted_at: string | null;
            /** Rule */
            rule: {
                [key: string]: unknown;
            };
            /**
             * Open
             * @description Its alerts that are open now.
             */
            open: number;
            /**
             * Versions
             * @description The newest first, 200 at the most.
             */
            versions: components["schemas"]["RuleOut"][];
        };
        /**
         * WholeStep
         * @description The same of a zone, or of an area (`zone` null): over the readings of all its active sensors that are trusted.
         */
        WholeStep: {
            /** Unit */
            unit: string;
            /** Count */
            count: number;
            /** Mean */
            mean: number | null;
            /** Min */
            min: number | null;
            /** Max */
            max: number | null;
            /** Value */
            value: number | null;
            /**
             * Completeness
             * @description Percent of the readings that should be there.
             */
            completeness: number | null;
            /** P15 */
            p15?: number | null;
            /** P50 */
            p50?: number | null;
            /** P85 */
            p85?: number | null;
            /** Time */
            time: string;
            /** Area */
            area: string;
            /** Zone */
            zone: string | null;
            /** Domain */
            domain: string;
            /** Metric */
            metric: string;
            /**
             * Sensors
             * @description Sensors that reported.
             */
            sensors: number;
            /**
             * Expected
             * @description Sensors that should have.
             */
            expected: number;
            /**
             * Left Out
             * @description Sensors that are not trusted and were not counted.
             */
            left_out: number;
        } & {
            [key: string]: unknown;
        };
        /**
         * WhyAlert
         * @description Why an alert is there.
         */
        WhyAlert: {
            alert: components["schemas"]["AlertOut"];
            rule: components["schemas"]["RuleThen"];
            /** Values */
            values: components["schemas"]["ValueOut"][];
            before: components["schemas"]["Before"];
            /** Concerned */
            concerned: components["schemas"]["NamedConcern"][];
            /** Told */
            told: components["schemas"]["AboutNotification"][];
            /** Muted */
            muted: components["schemas"]["MutingOut"][];
            /**
             * People
             * @description What people did.
             */
            people: components["schemas"]["FlipOut"][];
        };
        /**
         * WhyNotification
         * @description Why a message was sent.
         */
        WhyNotification: {
            notification: components["schemas"]["WholeNotification"];
            /** Alerts */
            alerts: components["schemas"]["WhyTold"][];
            /**
             * More
             * @description Alerts of the message that are not gone into here.
             */
            more: number;
        };
        /**
         * WhyOut
         * @description Why some would stay.
         */
        WhyOut: {
            /** Reason */
            reason: string;
            /**
             * Detail
             * @description The words for one of them.
             */
            detail: string;
            /**
             * Item
             * @description Which one.
             */
            item: number;
            /** Items */
            items: number;
            /** Readings */
            readings: number;
        };
        /**
         * WhyTold
         * @description An alert of a message, and what the message says of it.
         */
        WhyTold: {
            alert: components["schemas"]["AlertOut"];
            rule: components["schemas"]["RuleThen"];
            /** Values */
            values: components["schemas"]["ValueOut"][];
            before: components["schemas"]["Before"];
            /** Concerned */
            concerned: components["schemas"]["NamedConcern"][];
            /** Told */
            told: components["schemas"]["AboutNotification"][];
            /** Muted */
            muted: components["schemas"]["MutingOut"][];
            /**
             * People
             * @description What people did.
             */
            people: components["schemas"]["FlipOut"][];
            /** Said */
            said: string | null;
            /** Flip */
            flip: number | null;
            /** What */
            what: string | null;
            /** At */
            at: string | null;
        };
        /**
         * Wish
         * @description `rotate`: a new password beside the one that holds, which ends when the new one is used, after 7 days at most.
         */
        Wish: {
            /**
             * Rotate
             * @default false
             */
            rotate: boolean;
        };
        /**
         * Words
         * @description A text in both languages.
         */
        Words: {
            /** Vi */
            vi: string;
            /** En */
            en: string;
        };
        /**
         * WouldTell
         * @description A department that the alert would concern.
         */
        WouldTell: {
            /** Department */
            department: string;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /**
             * Role
             * @enum {string}
             */
            role: "handles" | "supports" | "informed";
            /**
             * Route
             * @description The route that says so; null: the rule names it.
             */
            route: number | null;
            /** At Work */
            at_work: boolean;
            /**
             * Works At
             * @description When somebody works there next, where nobody does now.
             */
            works_at: string | null;
            /**
             * Told
             * @description Whether any channel would be told now; null: not for whoever asks.
             */
            told: boolean | null;
            /**
             * Silence
             * @description A silence in force that mutes all such alerts for it.
             */
            silence: number | null;
            /**
             * Channels
             * @description null: not for whoever asks, who needs channels.read there.
             */
            channels: components["schemas"]["ChannelTold"][] | null;
        };
        /**
         * ZoneOut
         * @description A ward of an area. `bbox` is least longitude, least latitude, greatest longitude, greatest latitude.
         */
        ZoneOut: {
            /** Code */
            code: string;
            /** Area */
            area: string;
            /** Vi */
            vi: string;
            /** En */
            en: string;
            /** Lat */
            lat: number;
            /** Lon */
            lon: number;
            /** Bbox */
            bbox: [
                number,
                number,
                number,
                number
            ];
            /** Area Km2 */
            area_km2: number;
            /**
             * Valid From
             * Format: date
             */
            valid_from: string;
            /** Valid To */
            valid_to: string | null;
            /** Formed From */
            formed_from: string;
        };
        /** ZoneQualities */
        ZoneQualities: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["ZoneQualityOut"][];
        };
        /**
         * ZoneQualityOut
         * @description The sensors of a zone, or of a whole area (`zone` null), in one domain or (`domain` null) in all.
         */
        ZoneQualityOut: {
            /** Area */
            area: string;
            /** Zone */
            zone: string | null;
            /** Domain */
            domain: string | null;
            /** Sensors */
            sensors: number;
            /** Trusted */
            trusted: number;
            /** Untrusted */
            untrusted: number;
            /** Unknown */
            unknown: number;
            /**
             * Share Trusted
             * @description Of those that could be judged.
             */
            share_trusted: number | null;
            /**
             * Completeness
             * @description Mean over the sensors, 0 to 1.
             */
            completeness: number | null;
            /**
             * Score
             * @description Mean over those that could be judged; null of days.
             */
            score: number | null;
            /**
             * Reasons
             * @description How many sensors lose points for it; null of days.
             */
            reasons: {
                [key: string]: number;
            } | null;
            /**
             * At
             * @description When the oldest of them was judged.
             */
            at: string | null;
            /**
             * Day
             * @description The city day that it is the last judgement of; null: now.
             */
            day?: string | null;
        };
        /** Zones */
        Zones: {
            /**
             * Next
             * @description The cursor of the next page; null on the last one.
             */
            next?: string | null;
            /** Items */
            items: components["schemas"]["ZoneOut"][];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
